// SPDX-License-Identifier: GPL-3.0-or-later
// A voice becomes takes, and the head speaks them.

import { getBlob, getBuffer, getJson, postForm } from "./backend.js";
import { HeadView } from "./head_view.js";
import { acceptDrops, announce, byId, capitalized, chosenOf, clock, element, followSliders, options, radios, save, stem } from "./parts.js";
import { isFinal } from "./queue.js";

const GROUP = "mien takes"; // ids of the takes that are shown, in this tab
const FACE = "adult";

export class Speak {
  #info = null;
  #group = JSON.parse(sessionStorage.getItem(GROUP) ?? "[]");
  #requested = []; // ids of the takes that were asked for last; why one failed is said beside the form
  #shown = null; // id of the take on the head
  #files = new Map(); // id of a take: the file that was dropped
  #view = null;
  #audio = byId("voice");

  constructor(queue) {
    this.queue = queue;
    const form = byId("speak-form");
    acceptDrops(form);
    followSliders(form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(form);
    });
    byId("speak-engine").addEventListener("change", () => this.#offer());
    byId("head-face").addEventListener("change", () => this.#shown && this.show(this.#shown, false));
    byId("head-play").addEventListener("click", () => (this.#audio.paused ? this.#audio.play() : this.#audio.pause()));
    byId("head-time").addEventListener("input", () => {
      this.#audio.currentTime = Number(byId("head-time").value);
      this.#follow();
    });
    byId("take-download").addEventListener("click", () => this.#download());
    for (const name of ["play", "pause", "ended", "seeked"]) this.#audio.addEventListener(name, () => this.#follow());
    queue.addEventListener("update", () => this.#update());
  }

  /** Engines, emotions, personas and faces, as the backend has them. */
  offer(info, faces) {
    this.#info = info;
    const engine = byId("speak-engine").value || info.default_engine;
    options(byId("speak-engine"), info.engines.map(({ name }) => [name, name]), engine);
    options(byId("speak-persona"), [["", "none"], ...info.personas.map((name) => [name, name])], byId("speak-persona").value);
    const named = faces.map((name) => [name, capitalized(name.replaceAll("_", " "))]);
    options(byId("head-face"), [["", "Default head"], ...named], byId("head-face").value || (faces.includes(FACE) ? FACE : ""));
    this.#offer();
  }

  /** Show a take that is done; with `alone`, it is the only one to choose from. */
  async show(id, alone) {
    if (alone && !this.#group.includes(id)) this.#setGroup([id]);
    this.#shown = id;
    this.#drawTakes();
    byId("take-problem").textContent = "";
    byId("take-downloads").hidden = false;
    const job = this.queue.job(id);
    try {
      if (!this.#view) this.#open();
    } catch {
      byId("head-note").textContent = "This browser has no WebGL 2, so it cannot draw the head. Takes can be downloaded all the same.";
      return;
    }
    try {
      const face = job?.head === "flame" ? "" : byId("head-face").value;
      const [take, head] = await Promise.all([getJson(`/v1/takes/${id}`), getBuffer(`/page/takes/${id}/take.glb?face=${face}`), this.#hear(id)]);
      if (this.#shown !== id) return; // another was chosen meanwhile
      await this.#view.load(head);
      byId("take-warnings").replaceChildren(...take.warnings.map((text) => element("li", { textContent: text })));
      byId("head").dataset.take = id;
      byId("head").dataset.face = face;
      byId("head-note").hidden = true;
      byId("head-time").max = this.#view.seconds;
      for (const name of ["head-time", "head-play", "head-turn"]) byId(name).disabled = false;
      this.#follow();
    } catch (error) {
      byId("take-problem").textContent = error.message;
    }
  }

  #open() {
    const slider = byId("head-turn");
    this.#view = new HeadView(byId("head"));
    slider.addEventListener("input", () => (this.#view.turn = Number(slider.value)));
    this.#view.controls.addEventListener("change", () => {
      slider.value = this.#view.turn;
      slider.setAttribute("aria-valuetext", `${Math.round(this.#view.turn)} degrees`);
    });
  }

  /** The sound of a take: the user's own file where this tab has it and can play it, else what the backend decoded. */
  async #hear(id) {
    const source = this.#files.get(id) ?? (await getBlob(`/page/takes/${id}/voice.wav`));
    if (this.#audio.heard === source) return;
    const at = this.#audio.currentTime;
    this.#audio.heard = source;
    if (this.#audio.src) URL.revokeObjectURL(this.#audio.src);
    this.#audio.src = URL.createObjectURL(source);
    this.#audio.onerror = () => {
      if (!this.#files.delete(id)) return;
      this.#hear(id).catch((error) => (byId("take-problem").textContent = error.message));
    };
    if (at && this.#group.length > 1) this.#audio.currentTime = at;
  }

  async #submit(form) {
    const problem = byId("speak-problem");
    const [file] = byId("speak-sound").files;
    problem.textContent = "";
    if (!file) {
      problem.textContent = "Choose a voice first.";
      byId("speak-sound").focus();
      return;
    }
    const count = Number(byId("speak-takes").value);
    const seed = Number(byId("speak-seed").value);
    if (!(Number.isInteger(count) && count >= 1 && count <= 8)) {
      problem.textContent = "Ask for 1 to 8 takes.";
      byId("speak-takes").focus();
      return;
    }
    const button = form.querySelector("button.main");
    button.disabled = true;
    const ids = [];
    try {
      for (let i = 0; i < count; i++) {
        const data = new FormData();
        data.append("direction", JSON.stringify(this.#direction(seed + i)));
        data.append("engine", byId("speak-engine").value);
        data.append("sound", file);
        const { id } = await postForm("/v1/takes", data);
        ids.push(id);
        this.#files.set(id, file);
      }
    } catch (error) {
      problem.textContent = error.message;
    }
    button.disabled = false;
    if (!ids.length) return;
    this.#shown = null;
    this.#setGroup(ids);
    this.#requested = ids;
    announce(ids.length === 1 ? "A take was asked for." : `${ids.length} takes were asked for.`);
    await this.queue.refresh();
    await this.queue.refresh();
  }

  #direction(seed) {
    const emotion = chosenOf(byId("speak-emotions"));
    const persona = byId("speak-persona-row").hidden ? "" : byId("speak-persona").value;
    const transcript = byId("speak-transcript").value.trim();
    return {
      seed,
      emotion: emotion && emotion !== "neutral" ? { [emotion]: 1 } : {},
      intensity: Number(byId("speak-intensity").value) / 100,
      ...(persona ? { persona } : {}),
      ...(transcript ? { transcript } : {}),
    };
  }

  #offer() {
    const engine = this.#info.engines.find(({ name }) => name === byId("speak-engine").value);
    const emotion = chosenOf(byId("speak-emotions")) ?? "neutral";
    const known = engine.emotions.includes(emotion) ? emotion : "neutral";
    radios(byId("speak-emotions"), "speak-emotion", engine.emotions.map((name) => [name, capitalized(name)]), known);
    byId("speak-persona-row").hidden = !(this.#info.personas.length && engine.follows.includes("persona"));
    byId("speak-engine-note").textContent = engine.missing.map(({ sentence }) => sentence).join(" ");
  }

  #setGroup(ids) {
    this.#group = ids;
    sessionStorage.setItem(GROUP, JSON.stringify(ids));
    this.#drawTakes();
  }

  /** After each answer of the queue: takes that are done can be chosen; the first of them is shown. */
  #update() {
    const known = this.#group.filter((id) => this.queue.job(id));
    if (known.length !== this.#group.length) this.#setGroup(known);
    else this.#drawTakes();
    if (this.#shown && !known.includes(this.#shown)) this.#shown = null;
    const ready = known.find((id) => this.queue.job(id).state === "done");
    if (!this.#shown && ready) this.show(ready, false);
    const failed = this.#requested.map((id) => this.queue.job(id)).find((job) => job?.state === "failed");
    if (failed) {
      this.#requested = [];
      byId("speak-problem").textContent = failed.error;
    }
  }

  #drawTakes() {
    const jobs = this.#group.map((id) => this.queue.job(id)).filter(Boolean);
    const state = jobs.map((job) => job.id + job.state).join() + this.#shown;
    if (state === this.drawn) return;
    this.drawn = state;
    const place = byId("take-list");
    const focused = place.contains(document.activeElement) ? document.activeElement.value : null;
    const texts = jobs.map((job, i) => [job.id, `${i + 1}${job.state === "done" ? "" : isFinal(job) ? ` (${job.state})` : " …"}`]);
    radios(place, "take", texts, this.#shown, (id) => this.show(id, false));
    for (const input of place.querySelectorAll("input")) {
      input.disabled = this.queue.job(input.value).state !== "done";
      if (input.value === focused) input.focus();
    }
    byId("takes").hidden = !jobs.length;
  }

  async #download() {
    const id = this.#shown;
    const job = this.queue.job(id);
    const format = byId("take-format").value;
    const face = job?.head === "flame" ? "" : byId("head-face").value;
    const name = `${stem(job?.name ?? "voice")}.${job?.seed ?? 0}`;
    byId("take-problem").textContent = "";
    try {
      if (format === "take") save(await getBlob(`/v1/takes/${id}/result`), `${name}.take.safetensors`);
      else save(await getBlob(`/page/takes/${id}/take.${format}?face=${face}`), `${name}.${format}`);
    } catch (error) {
      byId("take-problem").textContent = error.message;
    }
  }

  /** The face, the slider and the clock follow the sound: once, or for as long as it plays. */
  #follow() {
    const audio = this.#audio;
    const now = audio.currentTime;
    this.#view?.at(now);
    byId("head-time").value = now;
    byId("head-time").setAttribute("aria-valuetext", `${now.toFixed(1)} seconds`);
    byId("head-clock").value = clock(now);
    byId("head-play").textContent = audio.paused ? "Play" : "Pause";
    if (!audio.paused && !this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.#follow();
      });
    }
  }
}
