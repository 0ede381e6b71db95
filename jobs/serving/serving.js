// Keys for links and buttons that carry data-key, for the rows of a list and for the marks of one row: that
// which has the focus, or which a mark led back to. Sliders beside the fields of bounds. All works without.
"use strict";
const rows = [...document.querySelectorAll("[data-row]")];
const focusRow = (row) => row?.querySelector("a.row").focus();
const onRow = (key) => {
  const row = document.activeElement.closest("[data-row]") ?? document.querySelector("[data-row]:target");
  if (row === null) {
    if (key !== "j") return false;
    focusRow(rows[0]);
    return true;
  }
  if (key === "j" || key === "k") focusRow(rows[rows.indexOf(row) + (key === "j" ? 1 : -1)]);
  else row.querySelector(`[data-mark="${key}"]`)?.click();
  return true;
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const named = { ArrowLeft: "k", ArrowRight: "j" };
  const key = named[event.key] ?? event.key;
  if (rows.length && "jkgsw".includes(key) && onRow(key)) {
    event.preventDefault();
    return;
  }
  const found = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  if (found) {
    event.preventDefault();
    found.click();
  }
});
document.querySelectorAll(".slider").forEach((slider) => {
  const places = JSON.parse(slider.dataset.places);
  const failing = JSON.parse(slider.dataset.failing);
  const at = Number(slider.dataset.at);
  const number = new Intl.NumberFormat("en-US");
  const range = slider.querySelector("input");
  const output = slider.querySelector("output");
  const field = slider.closest("tr").querySelector("input[name]");
  const show = (place) => {
    const change = failing[place] - failing[at];
    const sign = change > 0 ? "+" : "−";
    output.value = `${number.format(failing[place])} fail`
      + (change ? `, ${sign}${number.format(Math.abs(change))}` : "");
    range.setAttribute("aria-valuetext", output.value);
  };
  const nearest = () => {
    const value = Number(field.value);
    let best = at;
    places.forEach((place, index) => {
      if (Math.abs(place - value) < Math.abs(places[best] - value)) best = index;
    });
    return best;
  };
  range.addEventListener("input", () => {
    field.value = String(Number(places[Number(range.value)].toPrecision(12)));
    show(Number(range.value));
  });
  range.value = String(nearest());
  if (Number(field.value) === Number(places[nearest()].toPrecision(12))) show(nearest());
  slider.hidden = false;
});
// Fields that were not moved stay out of the address.
document.querySelectorAll("form.bounds").forEach((form) => {
  form.addEventListener("submit", () => {
    form.querySelectorAll("input[data-now]").forEach((field) => {
      if (field.value.trim() === field.dataset.now) field.disabled = true;
    });
  });
  window.addEventListener("pageshow", () => {
    form.querySelectorAll("input[data-now]").forEach((field) => { field.disabled = false; });
  });
});
document.querySelectorAll("form.filters").forEach((form) => {
  form.addEventListener("submit", () => {
    form.querySelectorAll("select, input").forEach((field) => { field.disabled = field.value === ""; });
  });
  window.addEventListener("pageshow", () => {
    form.querySelectorAll("select, input").forEach((field) => { field.disabled = false; });
  });
});
