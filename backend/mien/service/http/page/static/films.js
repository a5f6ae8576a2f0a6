// SPDX-License-Identifier: GPL-3.0-or-later
// The forms of a dub, a portrait and a talk.

import { postForm } from "./backend.js";
import { Compare } from "./compare.js";
import { acceptDrops, announce, byId, capitalized, chosenOf, followSliders, radios } from "./parts.js";

const PREVIEW_S = 3;
const ENGINES = { dub: "probtalk3d", portrait: "emodiffhead", talk: "emodiffhead" }; // the backend's own choice where none is named
const FIELDS = { dub: "video", portrait: "photo", talk: "photo" };
const NEEDED = { dub: "Choose a film first.", portrait: "Choose a photo first.", talk: "Choose a photo first." };

export class Films {
  #files = new Map(); // id of a job: the film or photo that was chosen
  #wanted = null; // id of the job that is shown as soon as it is done

  /** make: "dub", "portrait" or "talk". */
  constructor(make, queue) {
    this.make = make;
    this.queue = queue;
    this.compare = new Compare(byId(`${make}-compare`));
    const form = byId(`${make}-form`);
    acceptDrops(form);
    followSliders(form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(form);
    });
    queue.addEventListener("update", () => {
      const job = this.#wanted && queue.job(this.#wanted);
      if (job?.state === "done") this.show(job);
      if (job?.state === "failed") {
        this.#wanted = null;
        byId(`${make}-problem`).textContent = job.error;
      }
    });
  }

  offer(info) {
    const place = byId(`${this.make}-emotions`);
    const engine = info.engines.find(({ name }) => name === ENGINES[this.make]) ?? info.engines[0];
    const choices = engine.emotions.map((name) => [name, capitalized(name)]);
    radios(place, `${this.make}-emotion`, choices, chosenOf(place) ?? "neutral");
  }

  show(job) {
    this.#wanted = null;
    return this.compare.show(job, this.#files.get(job.id));
  }

  async #submit(form) {
    const input = (name) => byId(`${this.make}-${name}`);
    const problem = input("problem");
    const [shown] = input("shown").files;
    const [voice] = input("voice").files;
    problem.textContent = "";
    const lacking = !shown ? "shown" : !voice ? "voice" : null;
    if (lacking) {
      problem.textContent = shown ? "Choose a voice first." : NEEDED[this.make];
      input(lacking).focus();
      return;
    }
    const data = new FormData();
    if (this.make === "talk") data.append("make", this.make); // of a photo there are two kinds of films
    data.append("options", JSON.stringify(this.#options(input)));
    const consent = input("consent").value.trim();
    if (consent) data.append("consent", consent);
    data.append(FIELDS[this.make], shown);
    data.append("voice", voice);
    const button = form.querySelector("button.main");
    button.disabled = true;
    try {
      const { id } = await postForm("/v1/films", data);
      this.#files.set(id, shown);
      this.#wanted = id;
      announce("The film was asked for.");
      await this.queue.refresh();
      await this.queue.refresh();
    } catch (error) {
      problem.textContent = error.message;
    }
    button.disabled = false;
  }

  #options(input) {
    const emotion = chosenOf(input("emotions"));
    const all = {
      direction: { emotion: emotion && emotion !== "neutral" ? { [emotion]: 1 } : {} },
      strength: Number(input("strength").value) / 100,
      label: input("label").checked,
    };
    if (this.make === "portrait") return all;
    if (this.make === "talk") {
      return { ...all, gestures: Number(input("gestures").value) / 100, hands: input("hands").value };
    }
    return {
      ...all,
      when_longer: input("longer").value || null,
      preview: input("preview").checked ? PREVIEW_S : null,
    };
  }
}
