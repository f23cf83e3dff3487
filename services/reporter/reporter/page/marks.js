// Tells a mark's value where the pointer is, and one by one by the arrow keys.
for (const picture of document.querySelectorAll(".picture")) {
  const told = picture.querySelector("output");
  let place = -1;
  const tell = (marks, next) => {
    marks[place]?.classList.remove("told");
    place = Math.max(0, Math.min(marks.length - 1, next));
    marks[place].classList.add("told");
    told.textContent = marks[place].dataset.value;
  };
  const seen = () => [...picture.querySelectorAll("[data-value]")].filter(
    mark => mark.getClientRects().length);
  picture.addEventListener("keydown", event => {
    const steps = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity};
    if (!(event.key in steps)) return;
    const marks = seen();
    if (!marks.length) return;
    event.preventDefault();
    tell(marks, place + steps[event.key]);
  });
  picture.addEventListener("pointerover", event => {
    const mark = event.target.closest("[data-value]");
    if (!mark) return;
    const marks = seen();
    tell(marks, marks.indexOf(mark));
  });
}
