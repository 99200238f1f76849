// Staff look at the shelf, not at the screen: a high beep for yes, a low double one for no, and the phone shakes.

let context = null;

function wake() {
  const Context = window.AudioContext || window.webkitAudioContext;
  if (!Context) return;
  if (!context) context = new Context();
  if (context.state === "suspended") context.resume();
}

// Browsers let a page sound only after somebody has touched it.
["pointerdown", "keydown"].forEach((kind) => window.addEventListener(kind, wake, { passive: true }));

function tone(frequency, start, length) {
  if (!context || context.state !== "running") return;
  const oscillator = context.createOscillator();
  const volume = context.createGain();
  oscillator.frequency.value = frequency;
  oscillator.type = frequency > 500 ? "sine" : "square";
  volume.gain.setValueAtTime(0.25, context.currentTime + start);
  volume.gain.setValueAtTime(0, context.currentTime + start + length);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(context.currentTime + start);
  oscillator.stop(context.currentTime + start + length);
}

function shake(pattern) {
  if (navigator.vibrate) navigator.vibrate(pattern);
}

export function yes() {
  tone(1760, 0, 0.08);
  shake(40);
}

export function no() {
  tone(220, 0, 0.16);
  tone(220, 0.24, 0.16);
  shake([120, 80, 120]);
}
