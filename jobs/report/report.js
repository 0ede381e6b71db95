// Moves thresholds: the counts beside each bound were made by the run, this only shows them.
"use strict";
document.querySelectorAll("form.mover").forEach((form) => {
  const { places, failing, now, total, side } = JSON.parse(form.dataset.bound);
  const slider = form.querySelector("input");
  const output = form.querySelector("output");
  const line = document.getElementById(form.dataset.line);
  const number = new Intl.NumberFormat("en-US");
  const measure = (value) => number.format(Number(value.toPrecision(4)));
  const show = () => {
    const place = Number(slider.value);
    const change = failing[place] - failing[now];
    const share = total ? (100 * failing[place]) / total : 0;
    const words = `${side === "min" ? "below" : "above"} ${measure(places[place])}: `
      + `${number.format(failing[place])} fail (${share.toFixed(1)} %)`;
    output.value = change ? `${words}, ${change > 0 ? "+" : "−"}${number.format(Math.abs(change))}` : words;
    slider.setAttribute("aria-valuetext", output.value);
    line.setAttribute("transform", `translate(${form.dataset.positions.split(" ")[place]} 0)`);
    line.classList.toggle("moved", place !== now);
  };
  slider.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  form.hidden = false;
  show();
});
