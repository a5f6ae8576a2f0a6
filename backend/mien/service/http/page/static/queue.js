// SPDX-License-Identifier: GPL-3.0-or-later
// The list of jobs: asked for again and again, drawn in place so that the keyboard's focus stays where it is.

import { getJson, remove, Unreachable } from "./backend.js";
import { announce, byId, capitalized, duration, element } from "./parts.js";

const BUSY_MS = 500; // how often it is asked for while something is made
const QUIET_MS = 3000; // and while nothing is
const FINAL = ["done", "failed", "cancelled"];
const KINDS = { take: "take", dub: "dub", portrait: "portrait", talk: "talk", binding: "binding", track: "tracked film" };

export const isFinal = (job) => FINAL.includes(job.state);

/** "update" after each answer; `jobs` has the latest, the newest first. `onOpen` shows the result of one. */
export class Queue extends EventTarget {
  jobs = [];
  #rows = new Map();
  #states = new Map();
  #timer = 0;
  #asking = null;

  constructor(onOpen) {
    super();
    this.onOpen = onOpen;
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
  }

  job(id) {
    return this.jobs.find((job) => job.id === id);
  }

  /** Ask now, and again while the page is open. Resolves when the answer is drawn; a failed question is repeated. */
  refresh() {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask() {
    clearTimeout(this.#timer);
    let wait = QUIET_MS;
    try {
      this.jobs = (await getJson("/page/jobs")).jobs;
      this.#draw();
      this.dispatchEvent(new Event("update"));
      if (!this.jobs.every(isFinal)) wait = BUSY_MS;
    } catch (error) {
      if (error instanceof Unreachable) wait = 1000;
      else if (error.status === undefined) console.error(error);
      else if (error.status === 401) wait = 0; // until there is a token
    }
    if (wait) this.#timer = setTimeout(() => this.refresh(), document.hidden ? 4 * wait : wait);
  }

  #draw() {
    byId("queue-empty").hidden = this.jobs.length > 0;
    const list = byId("queue");
    const gone = new Set(this.#rows.keys());
    this.jobs.forEach((job, place) => {
      gone.delete(job.id);
      if (!this.#rows.has(job.id)) this.#rows.set(job.id, this.#row(job));
      const row = this.#rows.get(job.id);
      if (list.children[place] !== row.item) list.insertBefore(row.item, list.children[place] ?? null);
      this.#fill(row, job);
      const before = this.#states.get(job.id);
      if (before && before !== job.state && isFinal(job)) announce(`${title(job)}: ${stateOf(job)}`);
      this.#states.set(job.id, job.state);
    });
    for (const id of gone) {
      const { item } = this.#rows.get(id);
      if (item.contains(document.activeElement)) byId("main").focus();
      item.remove();
      this.#rows.delete(id);
      this.#states.delete(id);
    }
  }

  #row(job) {
    const row = {
      name: element("p", { className: "name", textContent: title(job) }),
      state: element("p", { className: "quiet" }),
      bar: element("progress", { max: 1, "aria-label": `Progress of ${title(job)}` }),
      open: element("button", { type: "button", textContent: "Open", "aria-label": `Open ${title(job)}` }),
      end: element("button", { type: "button" }),
    };
    row.open.addEventListener("click", () => this.onOpen(this.job(job.id) ?? job));
    row.end.addEventListener("click", () => this.#end(row, job));
    row.item = element("li", {}, row.name, row.state, row.bar, element("p", { className: "row" }, row.open, row.end));
    row.item.dataset.job = job.id;
    return row;
  }

  #fill(row, job) {
    const ended = isFinal(job);
    row.state.textContent = stateOf(job);
    row.state.classList.toggle("problem", job.state === "failed");
    row.item.dataset.state = job.state;
    row.bar.hidden = ended;
    row.bar.value = job.fraction;
    row.open.hidden = job.state !== "done" || !["take", "dub", "portrait", "talk"].includes(job.make);
    const word = ended ? "Remove" : "Cancel";
    if (row.end.textContent !== word) {
      row.end.textContent = word;
      row.end.setAttribute("aria-label", `${word} ${title(job)}`);
      row.end.disabled = false;
    }
  }

  async #end(row, job) {
    row.end.disabled = true;
    try {
      await remove(job.url);
    } catch (error) {
      row.state.textContent = error.message;
      row.end.disabled = false;
    }
    await this.refresh();
    await this.refresh(); // the first may have begun before the job was ended
  }
}

/** "Take 3 of voice.wav, happy" */
export function title(job) {
  const kind = capitalized(KINDS[job.make] ?? job.make);
  if (job.make !== "take") return `${kind} of ${job.name}`;
  const emotions = job.emotions.length ? `, ${job.emotions.join(" and ")}` : "";
  return `${kind} of ${job.name}${emotions}, seed ${job.seed}`;
}

function stateOf(job) {
  const left = job.left_s === null ? "" : `, about ${duration(job.left_s)} left`;
  if (job.state === "queued") return job.position ? `Waiting, number ${job.position}${left}` : capitalized(job.stage);
  if (job.state === "running") return `${capitalized(job.stage)}, ${Math.round(100 * job.fraction)} %${left}`;
  return job.state === "failed" ? job.error : capitalized(job.state);
}
