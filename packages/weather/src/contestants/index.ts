import type { Contestant } from "../engine/contestant.ts";
import { cockatiel } from "./cockatiel.ts";
import { fallthrough } from "./fallthrough.ts";
import { fixedCooldown } from "./fixed-cooldown.ts";
import { noMemory } from "./no-memory.ts";
import { opossum } from "./opossum.ts";

/** This workspace first, then models of what others do. */
export const CONTESTANTS: readonly Contestant[] = [fallthrough, noMemory, fixedCooldown, opossum, cockatiel];
