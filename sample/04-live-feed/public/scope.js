const LOUDEST = 32_768;

/** Draws the samples of one block over the whole canvas. */
export function drawScope(canvas, samples) {
  const { clientWidth, clientHeight } = canvas;
  const scale = window.devicePixelRatio;
  canvas.width = clientWidth * scale;
  canvas.height = clientHeight * scale;
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = 1.5;
  context.beginPath();
  // One point per pixel is enough.
  const step = Math.max(1, Math.floor(samples.length / clientWidth));
  for (let index = 0; index < samples.length; index += step) {
    const x = (index / (samples.length - 1)) * clientWidth;
    context.lineTo(x, (clientHeight / 2) * (1 - (0.9 * samples[index]) / LOUDEST));
  }
  context.stroke();
}

export function clearScope(canvas) {
  canvas.width = 0;
}
