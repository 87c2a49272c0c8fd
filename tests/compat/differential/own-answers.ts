/** How this server answers where it means to answer otherwise than the other one. A case points to a row by its name. */
export const OWN_ANSWERS = {
  exists: {
    says: "A name that is taken is refused without the words of the database.",
    status: 400,
    errorCode: "RESOURCE_ALREADY_EXISTS",
    message: /already exists\.?$/,
  },
  "name taken": {
    says: "A new name that is taken is refused without the words of the database.",
    status: 400,
    errorCode: "BAD_REQUEST",
    message: /already exists\.?$/,
  },
  "server info": { says: "The server says what it can do.", status: 200 },
  "wrong method": {
    says: "A path that answers to another method says so, in JSON.",
    status: 405,
    errorCode: "ENDPOINT_NOT_FOUND",
  },
  "no endpoint": { says: "A path that does not exist answers in JSON.", status: 404, errorCode: "ENDPOINT_NOT_FOUND" },
  "no object": { says: "A body that is no object is refused.", status: 400, errorCode: "BAD_REQUEST" },
  JSON: { says: "The name of a media type has no case.", status: 200 },
  "not JSON": { says: "A body that is not JSON is refused.", status: 400, errorCode: "BAD_REQUEST" },
  invalid: {
    says: "Input that cannot be meant is refused, and nothing is changed.",
    status: 400,
    errorCode: "INVALID_PARAMETER_VALUE",
  },
  "bad request": { says: "A run needs an experiment.", status: 400, errorCode: "BAD_REQUEST" },
  "missing fields": {
    says: "The missing fields are listed in the order in which they are asked for.",
    status: 400,
    errorCode: "INVALID_PARAMETER_VALUE",
    message: /missing mandatory fields/,
  },
  "cut tag": { says: "Long values of a run's first tags are cut, as those of later ones.", status: 200 },
  "given twice": {
    says: "A tag that is given twice is refused.",
    status: 400,
    errorCode: "INVALID_PARAMETER_VALUE",
    message: /given twice/,
  },
  NaN: { says: "NaN is a text in every answer, so that every reader of JSON can read it.", status: 200 },
  again: { says: "Linking again what is linked already changes nothing.", status: 200 },
  "changed param": {
    says: "Another value of a param is refused with both values.",
    status: 400,
    errorCode: "INVALID_PARAMETER_VALUE",
    message: /^Changing param values is not allowed/,
  },
  "no version": { says: "A stage without versions is not found.", status: 404, errorCode: "RESOURCE_DOES_NOT_EXIST" },
  location: {
    says: "An artifact location has no query and no parameters, and is no folder of the server's machine.",
    status: 400,
    errorCode: "INVALID_PARAMETER_VALUE",
    message: /'artifact_location'/,
  },
  "location length": {
    says: "An artifact location has at most 2048 characters.",
    status: 400,
    errorCode: "INVALID_PARAMETER_VALUE",
    message: /cannot be greater than 2048/,
  },
} as const satisfies Record<string, OwnAnswer>;

export interface OwnAnswer {
  /** What this server does, in a sentence. */
  readonly says: string;
  readonly status: number;
  readonly errorCode?: string;
  readonly message?: RegExp;
}

export type OwnName = keyof typeof OWN_ANSWERS;
