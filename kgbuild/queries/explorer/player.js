// Films begin at the second of their evidence, and stop where it ends.
for (const film of document.querySelectorAll("video[data-start]")) {
  const start = Number(film.dataset.start), end = Number(film.dataset.end);
  film.addEventListener("loadedmetadata", () => { film.currentTime = start; }, { once: true });
  film.addEventListener("timeupdate", () => { if (end > start && film.currentTime >= end && !film.dataset.on) { film.dataset.on = "1"; film.pause(); } });
}
// An example of the editor goes into its text.
for (const button of document.querySelectorAll("button[data-query]")) {
  button.addEventListener("click", () => { const text = document.getElementById("query"); text.value = button.dataset.query; text.focus(); });
}
