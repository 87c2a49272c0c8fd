/** What is wanted cannot be served, for the reason that the message says: what was before is put back. */
export class NotServed extends Error {}
