// What a linked firmware image takes of its memory, as the server's signoff/memory tells. No VS Code here.

export interface Region {
  readonly name: string;
  /** Bytes, all of them. `change` is more (or fewer) than at the link before. */
  readonly origin: number;
  readonly size: number;
  readonly used: number;
  readonly change: number;
}

export interface Memory {
  readonly uri: string;
  readonly image: string;
  readonly linked: boolean;
  readonly regions: readonly Region[];
}

/** For the status bar: "FLASH 12 %, RAM 3 %"; regions that hold nothing are left out. */
export function shortly({ linked, regions }: Memory): string {
  const used = regions.filter(({ used, size }) => used > 0 && size > 0);
  const shares = used.map(({ name, used, size }) => `${name} ${percent(used, size)}`).join(", ");
  return linked ? shares : `${shares} (does not link)`.trim();
}

/** For the tooltip: a Markdown table, a row a region; with the change where there is one. */
export function table({ image, linked, regions }: Memory): string {
  const any = regions.some(({ change }) => change !== 0);
  const rows = regions.map(({ name, used, size, change }) => {
    const changed = change === 0 ? "" : `${change > 0 ? "+" : "\u2212"}${Math.abs(change).toLocaleString("en")}`;
    return `| ${name} | ${used.toLocaleString("en")} | ${size.toLocaleString("en")} | ${size ? percent(used, size) : ""} |${any ? ` ${changed} |` : ""}`;
  });
  const heads = [`| Memory | Bytes used | of | |${any ? " Change |" : ""}`, `|:--|--:|--:|--:|${any ? "--:|" : ""}`];
  const state = linked ? "" : " does not link: the Problems panel says why";
  return [`**${image}**${state}`, "", ...heads, ...rows, "", "A click links it anew."].join("\n");
}

function percent(used: number, size: number): string {
  const share = (100 * used) / size;
  return `${share > 0 && share < 1 ? "<1" : Math.round(share)} %`;
}
