// What the server says of a completion and of the model, in words for the status bar.
// No VS Code here, so that it is tested without one.

/** The argument of a completion's command: what was proven of it. */
export interface Verdict {
  readonly id: number;
  readonly model: string;
  readonly verified: boolean;
  readonly tools: readonly string[];
  readonly milliseconds: number;
  readonly notRun: readonly (readonly [string, string])[];
  readonly refused: readonly string[];
  readonly cut: boolean;
  readonly rank: string;
  readonly leaves?: readonly string[];
  /** What was defined for it to be judged, where a condition leaves its place out: "USE_DMA defined". */
  readonly under?: readonly string[];
  /** What tools are called in sentences, by their names; those that are not here are called as they are named. */
  readonly names?: Readonly<Record<string, string>>;
}

/** What the server tells with signoff/modelStatus. */
export interface ModelState {
  readonly name: string;
  readonly backend: string;
  readonly ready: boolean;
  readonly state: string;
  readonly message: string;
  readonly note: string;
}

/** The verdict among a command's arguments; nothing where they are another's. */
export function verdictOf(args: readonly unknown[] | undefined): Verdict | undefined {
  const first = args?.[0] as Partial<Verdict> | null | undefined;
  return first && typeof first.id === "number" && Array.isArray(first.tools) ? (first as Verdict) : undefined;
}

const called = (tool: string, names: Verdict["names"]): string => names?.[tool] ?? tool;

/** For the status bar: "slang, 32 ms", or that it is not verified. */
export function shortly({ verified, tools, milliseconds, refused, under, names }: Verdict): string {
  const told = [...tools.map((tool) => called(tool, names)), ...(under ?? [])].join(", ");
  if (verified) return `$(verified) ${told}${milliseconds ? `, ${milliseconds} ms` : ""}`;
  return `$(unverified) not verified${refused.length ? " (refused)" : ""}`;
}

/** For the tooltip: Markdown. */
export function details(verdict: Verdict): string {
  const { model, verified, tools, milliseconds, notRun, refused, cut, rank, leaves, under, names } = verdict;
  const time = milliseconds ? ` in ${milliseconds} ms` : "";
  const told = tools.map((tool) => called(tool, names)).join(", ");
  const lines = [verified ? `Accepted by **${told}**${time}` : "**Not verified**", `Written by ${model || "no model"}`];
  lines.push(...refused.map((finding) => `Refused: ${finding}`));
  lines.push(...(leaves ?? []).map((warning) => `It leaves: ${warning}`));
  lines.push(...notRun.map(([tool, reason]) => `Not judged by ${called(tool, names)}: ${reason}`));
  if (under?.length) lines.push(`A condition leaves this place out; it was judged with ${under.join(", ")}.`);
  if (cut) lines.push("The rest of what the model wrote was refused.");
  if (rank) lines.push(rank);
  return lines.join("  \n");
}

/** How a model that is not simply ready is shown. */
const icons: Readonly<Record<string, string>> = {
  ready: "sparkle",
  slow: "watch",
  busy: "watch",
  loading: "sync~spin",
  missing: "cloud-download",
  off: "circle-slash",
};

/** For the status bar: the model's name, or what is wrong with it. */
export function modelShortly({ name, state }: ModelState): string {
  const icon = icons[state] ?? "warning";
  return state === "ready" ? `$(${icon}) ${name}` : `$(${icon}) model ${state}`;
}

/**
 * The part of `rest`, a suggestion's text behind the cursor, that an editor put in at once: a word or a line; "" where a
 * key was typed.
 */
export function partTaken(rest: string, inserted: string): string {
  // A bracket typed brings its closing one along.
  const pair = inserted.length === 2 && /^(?:\(\)|\[\]|\{\}|""|''|``)$/.test(inserted);
  return inserted.length > 1 && inserted.length < rest.length && rest.startsWith(inserted) && !pair ? inserted : "";
}
