for (const slider of document.querySelectorAll(".wipe input")) {
  slider.addEventListener("input", () => slider.parentElement.style.setProperty("--at", slider.value + "%"));
}

// Pointing at one plot reads all of them at that frame. Values come from the lines as they are drawn.
const plots = document.querySelector(".plots");
const numbers = (plots.dataset.numbers.match(/\d+(-\d+)?/g) ?? []).flatMap((range) => {
  const [first, last = first] = range.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
});
const readers = [...plots.querySelectorAll("section")].map(makeReader);

function makeReader(section) {
  const svg = section.querySelector("svg");
  const frame = JSON.parse(svg.dataset.frame);
  const value = (y) => frame.high - ((y - frame.top) / (frame.bottom - frame.top)) * (frame.high - frame.low);
  const lines = [...svg.querySelectorAll("path")].map((path) => ({
    name: path.getAttribute("class").replace("_", "-"),
    points: [...path.getAttribute("d").matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), value(Number(y))]),
  }));
  const at = svg.querySelector(".grid").cloneNode();
  for (const [key, place] of Object.entries({ class: "at", y1: frame.top, y2: frame.bottom, x1: -9, x2: -9 })) {
    at.setAttribute(key, place);
  }
  svg.append(at);
  return { svg, frame, lines, at, output: section.querySelector("output") };
}

function read(reader, place) {
  const { frame, lines, at, output } = reader;
  const step = (frame.right - frame.left) / Math.max(1, numbers.length - 1);
  const x = frame.left + step * place;
  at.setAttribute("x1", x);
  at.setAttribute("x2", x);
  const words = lines.map(({ name, points }) => {
    const near = points.reduce((best, point) => (Math.abs(point[0] - x) < Math.abs(best[0] - x) ? point : best), [Infinity]);
    return Math.abs(near[0] - x) <= Math.max(0.6, step / 2) && name + " " + near[1].toPrecision(3);
  });
  output.textContent = ["frame " + numbers[place], ...words.filter(Boolean)].join(" · ");
}

function clear({ at, output }) {
  at.setAttribute("x1", -9);
  at.setAttribute("x2", -9);
  output.textContent = "";
}

for (const { svg, frame } of readers) {
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const place = Math.round(((x - frame.left) / (frame.right - frame.left)) * (numbers.length - 1));
    readers.forEach((reader) => read(reader, Math.min(Math.max(place, 0), numbers.length - 1)));
  });
  svg.addEventListener("pointerleave", () => readers.forEach(clear));
}
