// SPDX-License-Identifier: GPL-3.0-or-later
// Before and after, side by side: two players that one slider moves together.

import { getBlob, getJson } from "./backend.js";
import { clock, element, radios, save, stem } from "./parts.js";

const DRIFT_S = 0.08; // two frames: further apart they are brought together again

export class Compare {
  #job = null;
  #film = null;
  #urls = [];
  #before = null;
  #after = null;

  constructor(place) {
    this.place = place;
    place.append(document.getElementById("compare-template").content.cloneNode(true));
    this.#part("play").addEventListener("click", () => (this.#after.paused ? this.#play() : this.#pause()));
    this.#part("time").addEventListener("input", () => this.#seek(Number(this.#part("time").value)));
    this.#part("download").addEventListener("click", () => save(this.#film, `${stem(this.#job.name)}.${this.#job.make}${this.#job.suffix}`));
  }

  /** Show the film of a job that is done; source: the file that it was made of, where this tab has it. */
  async show(job, source) {
    this.#clear();
    this.#job = job;
    this.#part("compare-note").textContent = "Fetching the film…";
    try {
      const [film, shown, state] = await Promise.all([
        getBlob(job.result), source ?? getBlob(`/page/films/${job.id}/shown`).catch((error) => error), getJson(job.url),
      ]);
      if (this.#job !== job) return;
      this.#film = film;
      this.#after = this.#screen("after", film, "After", false);
      this.#before = shown instanceof Blob ? this.#screen("before", shown, "Before", job.make !== "dub") : null;
      if (!this.#before) this.#say("before", shown.message);
      this.#part("compare-note").textContent = `${job.name}, with the voice ${job.voice}`;
      this.#part("notes").replaceChildren(...state.notes.map((text) => element("li", { textContent: text })));
      this.#part("download").hidden = false;
      this.#start();
    } catch (error) {
      this.#part("compare-note").textContent = "";
      this.#part("problem").textContent = error.message;
    }
  }

  #part(name) {
    return this.place.querySelector(`.${name}`);
  }

  #screen(name, blob, label, still) {
    const url = URL.createObjectURL(blob);
    this.#urls.push(url);
    const screen = still
      ? element("img", { src: url, alt: "The photo as it was" })
      : element("video", { src: url, playsInline: true, preload: "auto", "aria-label": label, tabIndex: -1 });
    screen.addEventListener("error", () => this.#say(name, "This browser cannot play a file of this kind."));
    screen.addEventListener("loadedmetadata", () => {
      if (screen.videoWidth) return;
      screen.hidden = true; // its sound is played all the same
      this.#part(name).append(element("p", { textContent: "This browser plays the sound of this film, but not its pictures: they are coded in another way than it knows." }));
    });
    this.#part(name).replaceChildren(screen);
    return screen;
  }

  #say(name, sentence) {
    this.#part(name).replaceChildren(element("p", { textContent: sentence }));
    if (name === "before") {
      this.#before = null;
      this.#part("sound").hidden = true;
    }
  }

  #start() {
    const time = this.#part("time");
    const after = this.#after;
    const measure = () => {
      const ends = [after, this.#film_before()].map((film) => film?.duration).filter(Number.isFinite);
      time.max = Math.max(...ends, 0.01);
      time.disabled = this.#part("play").disabled = !Number.isFinite(after.duration);
    };
    for (const film of [after, this.#film_before()]) film?.addEventListener("loadedmetadata", measure);
    for (const name of ["play", "pause", "ended", "seeked"]) after.addEventListener(name, () => this.#follow());
    const sound = this.#part("sound");
    sound.hidden = !this.#film_before();
    radios(sound.querySelector(".choices"), `${this.place.id}-sound`, [["after", "After"], ["before", "Before"], ["none", "Neither"]], "after", (chosen) => this.#hear(chosen));
    this.#hear("after");
  }

  /** The film before, when it is one and not a photo. */
  #film_before() {
    return this.#before instanceof HTMLVideoElement ? this.#before : null;
  }

  #hear(chosen) {
    this.#after.muted = chosen !== "after";
    if (this.#film_before()) this.#film_before().muted = chosen !== "before";
  }

  #play() {
    if (this.#after.ended) this.#seek(0);
    this.#after.play();
    this.#film_before()?.play();
  }

  #pause() {
    this.#after.pause();
    this.#film_before()?.pause();
  }

  #seek(seconds) {
    for (const film of [this.#after, this.#film_before()]) {
      if (film && Number.isFinite(film.duration)) film.currentTime = Math.min(seconds, film.duration);
    }
    this.#follow();
  }

  #follow() {
    const after = this.#after;
    const before = this.#film_before();
    if (!after) return;
    const now = after.currentTime;
    if (before && !after.paused && now < before.duration && Math.abs(before.currentTime - now) > DRIFT_S) before.currentTime = now;
    if (before && after.paused) before.pause();
    this.#part("time").value = now;
    this.#part("time").setAttribute("aria-valuetext", `${now.toFixed(1)} seconds`);
    this.#part("clock").value = clock(now);
    this.#part("play").textContent = after.paused ? "Play" : "Pause";
    if (!after.paused && !this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.#follow();
      });
    }
  }

  #clear() {
    this.#after?.pause();
    this.#film_before()?.pause();
    this.#urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
    this.#before = this.#after = this.#film = null;
    for (const name of ["before", "after", "notes"]) this.#part(name).replaceChildren();
    this.#part("problem").textContent = "";
    this.#part("sound").hidden = this.#part("download").hidden = true;
    this.#part("time").disabled = this.#part("play").disabled = true;
  }
}
