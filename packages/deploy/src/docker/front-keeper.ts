import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import type { ContainerCalls } from "./container-calls.ts";
import { type FrontContainer, type Head, NAMES } from "./containers.ts";
import { type Engine, execute } from "./engine.ts";
import { switchScript } from "./front.ts";
import type { EngineImage } from "./images.ts";
import type { Settings } from "./revision.ts";
import { frontKey, frontSpec } from "./specs.ts";

const TRIES = 40;

export interface FrontKeeper {
  /** Leads requests there; a front that has just been started needs a moment. Answers why it cannot. */
  lead(front: FrontContainer, head: Head): Promise<string | undefined>;
  /** Sees to it that a front of this port and kind leads there; what is wrong when it cannot be had. */
  bring(former: FrontContainer | undefined, want: FrontWish): Promise<string | undefined>;
}

export interface FrontWish {
  readonly name: string;
  readonly port: number;
  readonly settings: Settings;
  readonly image: EngineImage;
  readonly head: Head;
}

export function frontKeeper(engine: Engine, calls: ContainerCalls): FrontKeeper {
  const leadBy = async (id: string, head: Head): Promise<string | undefined> => {
    const node = await calls.nodeOf(id);
    for (let tries = 1; ; tries++) {
      const { code, said } = await execute(engine, id, [node, "-e", switchScript(head)], `lead requests to ${head}`);
      if (code === 0) return undefined;
      if (tries >= TRIES) return `the front cannot reach it: ${said.trim().slice(0, 200)}`;
      await sleep(250);
    }
  };
  return {
    lead: ({ id }, head) => leadBy(id, head),
    async bring(former, { name, port, settings, image, head }) {
      if (former?.port === port && former.key === frontKey(settings)) {
        if (!former.isRunning) await calls.start(former.id, "start the front");
        return leadBy(former.id, head);
      }
      // On another port the new one answers before the old one ends.
      const isBeside = former !== undefined && former.port !== port;
      if (former !== undefined && !isBeside) await calls.discard(former.id, 15);
      const spec = frontSpec({ name, imageId: image.id, node: image.node, port, settings });
      const id = await calls.create(isBeside ? NAMES.nextFront(name) : NAMES.front(name), spec);
      try {
        await calls.start(id, `open port ${port} of ${settings.address}`);
        const problem = await leadBy(id, head);
        if (problem !== undefined) throw new EsteiraError("INVALID_STATE", problem);
      } catch (error) {
        await calls.discard(id, 0);
        if (error instanceof EsteiraError) return error.message.replace(/\.$/, "");
        throw error;
      }
      if (isBeside && former !== undefined) {
        await calls.discard(former.id, 15);
        await calls.rename(id, NAMES.front(name));
      }
      return undefined;
    },
  };
}
