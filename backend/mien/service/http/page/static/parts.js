// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces of the page that several views are made of. Text is set as text, never as markup.

export const byId = (id) => document.getElementById(id);

/** An element with these properties, and these children (elements or texts). */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Radio buttons of one group, replacing what is in `place`. choices: [value, text]. */
export function radios(place, group, choices, chosen, onChange = () => {}) {
  place.replaceChildren(
    ...choices.map(([value, text]) => {
      const input = element("input", { type: "radio", name: group, value, checked: value === chosen });
      input.addEventListener("change", () => onChange(value));
      return element("label", {}, input, text);
    }),
  );
}

export const chosenOf = (place) => place.querySelector("input:checked")?.value;

/** Options of a select, replacing what it has. choices: [value, text]. */
export function options(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, text]) => element("option", { value, textContent: text })));
  if (choices.some(([value]) => value === chosen)) select.value = chosen;
}

/** The number beside each slider follows it. */
export function followSliders(form) {
  for (const slider of form.querySelectorAll('input[type="range"]')) {
    const output = form.querySelector(`output[for="${slider.id}"]`);
    if (output) slider.addEventListener("input", () => (output.value = `${slider.value} %`));
  }
}

/** Files that are dropped on a frame go into its input. */
export function acceptDrops(form) {
  for (const frame of form.querySelectorAll(".drop")) {
    const input = frame.querySelector('input[type="file"]');
    frame.addEventListener("dragover", (event) => {
      event.preventDefault();
      frame.classList.add("over");
    });
    frame.addEventListener("dragleave", () => frame.classList.remove("over"));
    frame.addEventListener("drop", (event) => {
      event.preventDefault();
      frame.classList.remove("over");
      const [file] = event.dataTransfer.files;
      if (!file) return;
      const one = new DataTransfer();
      one.items.add(file);
      input.files = one.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

/** Let the browser save bytes under a name. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** What screen readers say next. */
export function announce(text) {
  byId("announcement").textContent = text;
}

export const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A name without the suffix of its file. */
export const stem = (name) => name.replace(/\.[^.]*$/, "");

/** 1:02.5 */
export function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

/** 3.2 GB */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return "not known";
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 4);
  return `${(bytes / 1024 ** power).toFixed(power < 2 ? 0 : 1)} ${["B", "KB", "MB", "GB", "TB"][power]}`;
}

/** About how long, in words: "12 s", "3 min", "2 h". */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
