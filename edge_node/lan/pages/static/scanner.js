// A scanner that types. Its keys come faster than a person's, but never rely on how fast: a busy handheld once lost
// one scan in 25 to a gap of 80 ms. Half a second separates two codes, Enter or Tab ends one, six characters make one.
// Keys from before this was loaded were kept by head-keys.js.

const GAP_MS = 500;
const FORGET_MS = 3000;
const LENGTH_MIN = 6;
const SETTLED_MS = 120;

function isTyping(target) {
  return target instanceof Element && target.closest("[data-typing]") !== null;
}

// `onCode` gets every code, `onBroken` is called for one that came with a pause in its middle: it is lost, but not in
// silence.
export function listen(onCode, onBroken) {
  let typed = "";
  let lost = 0;
  let last = 0;

  function end(event) {
    const code = typed;
    const broken = lost > 0 && lost + code.length >= LENGTH_MIN;
    typed = "";
    lost = 0;
    if (broken) {
      onBroken();
      return;
    }
    if (code.length < LENGTH_MIN) return;
    // The Enter belongs to the scan: without this it would press the button that has the focus.
    if (event) {
      event.preventDefault();
      event.stopPropagation();
    }
    onCode(code);
  }

  function add(text, at) {
    if (at - last > FORGET_MS) lost = 0;
    else if (at - last > GAP_MS) lost += typed.length;
    if (at - last > GAP_MS) typed = "";
    last = at;
    typed += text;
  }

  function key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    if (event.key === "Enter" || event.key === "Tab") {
      add("", event.timeStamp);
      end(event);
    } else if (event.key.length === 1) {
      add(event.key, event.timeStamp);
      if (typed.length >= LENGTH_MIN || event.target.id === "wedge") event.preventDefault();
    }
  }

  window.addEventListener("keydown", key, true);
  window.removeEventListener("keydown", window.tillwayKeep, true);
  window.tillwayKeys.splice(0).forEach(key);

  // Old Android sends no usable keys but puts text into a field that has the focus.
  const field = document.getElementById("wedge");
  let timer = 0;
  field.addEventListener("input", (event) => {
    const text = field.value;
    field.value = "";
    if (event.inputType === "insertLineBreak") {
      end(null);
      return;
    }
    add(text, event.timeStamp);
    clearTimeout(timer);
    timer = setTimeout(() => end(null), SETTLED_MS);
  });
  function hold() {
    if (document.activeElement === document.body && window.matchMedia("(pointer: coarse)").matches) {
      field.focus({ preventScroll: true });
    }
  }
  document.addEventListener("focusout", () => setTimeout(hold, 0));
  hold();
}

const LENGTHS = [8, 12, 13, 14];

function checkDigit(digits) {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    sum += Number(digits[digits.length - 1 - place]) * (place % 2 ? 1 : 3);
  }
  return (10 - (sum % 10)) % 10;
}

// What was scanned: `gtin` in 14 digits for a barcode of an item, else only the `text`. `misread` when a digit is wrong.
export function read(code) {
  const text = code.trim().replace(/^\][A-Za-z][0-9A-Za-z]/, "");
  if (!/^[0-9]+$/.test(text) || !LENGTHS.includes(text.length)) return { text, gtin: "", misread: false };
  const misread = checkDigit(text.slice(0, -1)) !== Number(text.slice(-1));
  return { text, gtin: misread ? "" : text.padStart(14, "0"), misread };
}
