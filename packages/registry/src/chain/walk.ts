import type { AdmitOptions, Health, HealthStore, Permit, Refusal, Room } from "../health/health.ts";
import { skipFor } from "../health/health-words.ts";
import type { Plan, Planned, Skip } from "./candidate.ts";

/** Leave to ask one candidate. */
export interface Turn {
  /** The candidate. */
  readonly planned: Planned;
  /** The leave to ask it. */
  readonly permit: Permit;
  /** Whether it is asked in a cooldown, because nobody else is left. */
  readonly forced: boolean;
  /** Whether others may be asked after it, if they are well. */
  readonly others: boolean;
  /** Whether nobody at all can be asked after it. */
  readonly last: boolean;
}

/** What decides the walk of one call over its candidates. */
export interface WalkOptions {
  /** The candidates in the order of asking. */
  readonly plan: ReturnType<Plan>;
  /** The memory of failures. */
  readonly health: HealthStore;
  /** Whether a candidate that cools down may be asked when nobody else is left. */
  readonly lastResort: boolean;
  /** Why a candidate is not asked whatever its health is. */
  skipOf(planned: Planned): Skip | undefined;
  /** The longest silence that a call to this one accepts, in milliseconds. */
  firstChunkOf(planned: Planned): number;
  /** Counts the characters of the request. */
  characters(): number;
  /** Waits for a probe, but not beyond the time of the call. */
  wait(settled: Promise<void>): Promise<void>;
  /** Told of each candidate that is passed over. */
  record(planned: Planned, skip: Skip): void;
}

/** Whom one call asks: those that are well in their order, then the suspect ones, then those that cool down. */
export interface Walk {
  /** The next turn, at once where the store knows at once; `undefined` when nobody is left. */
  next(): Turn | undefined | Promise<Turn | undefined>;
  /** Leave to ask one a second time, because nobody else is left. */
  admitAgain(planned: Planned): Permit | Refusal | Promise<Permit | Refusal>;
  /** Tells what a failure made of the one that was asked, where that is known. */
  failed(health: Health | undefined): void;
  /** Tells that a chain among the candidates asked nobody, because this one has others. */
  declined(planned: Planned): void;
  /** Records those that were passed over and are not asked any more. */
  close(): void;
  /** When the first of those that were not asked, or failed, may be asked again. */
  retryAt(): Date | undefined;
}

/** A walk for one call. */
export function createWalk(options: WalkOptions): Walk {
  return new CandidateWalk(options);
}

interface Passed {
  readonly planned: Planned;
  readonly skip: Skip;
}

/** The room of a key in a store that keeps no limits. */
const ALL_ROOM: Room = { share: 1 };
const EFFECTS: readonly Health["effect"][] = ["suspect", "count", "cool", "park"];

class CandidateWalk implements Walk {
  private readonly options: WalkOptions;
  private index = 0;
  /** Those that were passed over since somebody was asked, in order. */
  private passed: Passed[] = [];
  private readonly suspects: Planned[] = [];
  private readonly cooling: { readonly planned: Planned; readonly refusal: Refusal }[] = [];
  private readonly decliners: Planned[] = [];
  /** Somebody was asked and is well all the same. */
  private wellLeft = false;
  private sorted = false;
  private plan: readonly Planned[];
  /** Up to here keys are in the order of their room. */
  private sortedKeys = 0;
  private soonest = Number.POSITIVE_INFINITY;

  constructor(options: WalkOptions) {
    this.options = options;
    this.plan = options.plan;
  }

  next(): Turn | undefined | Promise<Turn | undefined> {
    const { skipOf } = this.options;
    for (;;) {
      const sorting = this.sortKeys();
      if (sorting !== undefined) return sorting.then(() => this.next());
      const planned = this.plan[this.index];
      if (planned === undefined) break;
      this.index++;
      const skip = skipOf(planned);
      if (skip !== undefined) {
        this.passed.push({ planned, skip });
        continue;
      }
      const answer = this.admit(planned);
      if (isPromise(answer) || probeOf(answer) !== undefined) return this.goOn(planned, answer);
      const turn = this.receive(planned, answer);
      if (turn !== undefined) return turn;
    }
    return this.askLast();
  }

  admitAgain(planned: Planned): Permit | Refusal | Promise<Permit | Refusal> {
    return this.admit(planned, "alone");
  }

  failed(health: Health | undefined): void {
    if (health === undefined) return;
    if (health.state === "well" || health.state === "suspect") this.wellLeft = true;
    else this.noteWait(health);
  }

  declined(planned: Planned): void {
    this.decliners.push(planned);
  }

  retryAt(): Date | undefined {
    return Number.isFinite(this.soonest) ? new Date(this.soonest) : undefined;
  }

  close(): void {
    for (const { planned, skip } of this.passed) this.options.record(planned, skip);
    this.passed = [];
  }

  /** Puts the keys of the server that is next into the order of their room. */
  private sortKeys(): Promise<void> | undefined {
    const { index, plan } = this;
    const group = plan[index]?.key?.of;
    if (group === undefined || index < this.sortedKeys) return undefined;
    const end = plan.findIndex((other, place) => place > index && other.key?.of !== group);
    const keys = plan.slice(index, end === -1 ? plan.length : end);
    this.sortedKeys = index + keys.length;
    const sorted = byRoom(keys, this.options.health);
    const take = (first: readonly Planned[]): void => {
      this.plan = [...plan.slice(0, index), ...first, ...plan.slice(this.sortedKeys)];
    };
    if (isPromise(sorted)) return sorted.then(take);
    take(sorted);
    return undefined;
  }

  /** Goes on where the store answers later, or where a probe that is under way has to tell first. */
  private async goOn(
    planned: Planned,
    answer: Permit | Refusal | Promise<Permit | Refusal>,
  ): Promise<Turn | undefined> {
    return this.receive(planned, await this.settled(planned, await answer)) ?? this.next();
  }

  /** The turn that the store's answer gives, where it is leave to ask. */
  private receive(planned: Planned, answer: Permit | Refusal): Turn | undefined {
    if (answer.admitted) return this.turn(planned, answer);
    const { state } = answer;
    if (state === "suspect") this.suspects.push(planned);
    else if (state !== "refused") this.cooling.push({ planned, refusal: answer });
    this.pass(planned, answer);
    return undefined;
  }

  private async askLast(): Promise<Turn | undefined> {
    return (await this.askSuspect()) ?? (await this.askDecliner()) ?? (await this.askCooling());
  }

  private async settled(
    planned: Planned,
    answer: Permit | Refusal,
    insist?: AdmitOptions["insist"],
  ): Promise<Permit | Refusal> {
    const probe = probeOf(answer);
    if (probe === undefined) return answer;
    await this.options.wait(probe);
    return this.admit(planned, insist);
  }

  private async askSuspect(): Promise<Turn | undefined> {
    for (let planned = this.suspects.shift(); planned !== undefined; planned = this.suspects.shift()) {
      if (this.options.skipOf(planned) !== undefined) continue;
      const answer = await this.admit(planned, "suspect");
      if (answer.admitted) return this.turn(planned, answer);
      this.cooling.push({ planned, refusal: answer });
    }
    return undefined;
  }

  private async askDecliner(): Promise<Turn | undefined> {
    const planned = this.decliners.shift();
    if (planned === undefined) return undefined;
    const answer = await this.admit(planned, "alone");
    return answer.admitted ? this.turn(planned, answer) : undefined;
  }

  /** Each at most once, and only while everybody cools down. */
  private async askCooling(): Promise<Turn | undefined> {
    if (this.wellLeft || !this.options.lastResort) return undefined;
    if (!this.sorted) this.cooling.sort(byHope);
    this.sorted = true;
    const insist = this.isAlone() ? "alone" : "cooling";
    for (let next = this.cooling.shift(); next !== undefined; next = this.cooling.shift()) {
      const { planned } = next;
      if (this.options.skipOf(planned) !== undefined) continue;
      const answer = await this.admit(planned, insist);
      // a call that waited for a probe that failed knows already what an attempt would show
      const settled = answer.admitted ? answer : await this.settled(planned, answer);
      if (settled.admitted) return this.turn(planned, settled, true);
    }
    return undefined;
  }

  private isAlone(): boolean {
    const { skipOf } = this.options;
    return this.plan.filter((planned) => skipOf(planned) === undefined).length === 1;
  }

  private admit(
    planned: Planned,
    insist?: AdmitOptions["insist"],
  ): Permit | Refusal | Promise<Permit | Refusal> {
    const firstChunkMs = this.options.firstChunkOf(planned);
    const { health, characters } = this.options;
    return health.admit(planned.subject, { insist, firstChunkMs, limits: planned.limits, characters });
  }

  private turn(planned: Planned, permit: Permit, forced = false): Turn {
    this.passed = this.passed.filter((one) => one.planned !== planned);
    const { skipOf } = this.options;
    const { plan, suspects, cooling, decliners } = this;
    const isLeft = (other: Planned, place: number): boolean =>
      place >= this.index && skipOf(other) === undefined;
    // another key of a server that is slow does not help
    const isOther = ({ key }: Planned): boolean => key === undefined || key.of !== planned.key?.of;
    const others =
      suspects.some(isOther) ||
      plan.some((other, place) => isOther(other) && isLeft(other, place)) ||
      (forced && cooling.some((one) => isOther(one.planned)));
    const last =
      !others &&
      suspects.length + cooling.length + decliners.length === 0 &&
      (planned.key === undefined || !plan.some(isLeft));
    if (!forced) this.close();
    return { planned, permit, forced, others, last };
  }

  private pass(planned: Planned, refusal: Refusal): void {
    this.noteWait(refusal);
    const skip = skipFor(refusal, Date.now()) ?? { reason: "not asked" };
    this.passed.push({ planned, skip });
  }

  private noteWait({ remainingMs }: Health): void {
    this.soonest = Math.min(this.soonest, Date.now() + remainingMs);
  }
}

/** The probe that is under way, whose first content would change the answer. */
function probeOf(answer: Permit | Refusal): Promise<void> | undefined {
  return answer.admitted ? undefined : answer.settled;
}

/** Keys of one server, the one with the most room first; of equal ones, the one that was asked longest ago. */
function byRoom(
  keys: readonly Planned[],
  health: HealthStore,
): readonly Planned[] | Promise<readonly Planned[]> {
  const rooms = keys.map(({ subject, limits }) => health.room?.(subject, { limits }) ?? ALL_ROOM);
  const sort = (known: readonly Room[]): readonly Planned[] => {
    const places = known.map(({ share, askedMs = Number.POSITIVE_INFINITY }, place) => ({
      share,
      askedMs,
      place,
    }));
    places.sort((a, b) => b.share - a.share || (a.askedMs === b.askedMs ? 0 : b.askedMs - a.askedMs));
    return places.flatMap(({ place }) => keys[place] ?? []);
  };
  return rooms.some(isPromise) ? Promise.all(rooms).then(sort) : sort(rooms as Room[]);
}

/** A probe that has not failed yet is better than a cooldown; then the softer one, then the one asked longest ago. */
function byHope(
  { refusal: a }: { readonly refusal: Refusal },
  { refusal: b }: { readonly refusal: Refusal },
): number {
  const probing = Number(b.state === "probing") - Number(a.state === "probing");
  if (probing !== 0) return probing;
  const softness = EFFECTS.indexOf(a.effect) - EFFECTS.indexOf(b.effect);
  if (softness !== 0) return softness;
  const [asked, otherAsked] = [a.askedMs ?? Number.POSITIVE_INFINITY, b.askedMs ?? Number.POSITIVE_INFINITY];
  if (asked === otherAsked) return 0;
  return a.state === "probing" ? asked - otherAsked : otherAsked - asked;
}

/** Whether a store answers later: most know at once, and waiting takes each call turns of the microtask queue. */
export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof value === "object" && value !== null && "then" in value;
}
