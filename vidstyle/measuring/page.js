for (const slider of document.querySelectorAll(".wipe input")) {
  slider.addEventListener("input", () => slider.parentElement.style.setProperty("--at", slider.value + "%"));
}
