// Every visible text whose contrast with what is behind it is below WCAG AA: [{text, ratio, colour, behind}].
// Disabled controls are exempt, as in the standard.

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

function channels(colour) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return { rgb: [r, g, b], alpha: a / 255 };
}

function over(top, bottom) {
    return top.rgb.map((value, index) => value * top.alpha + bottom[index] * (1 - top.alpha));
}

function behind(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
        const layer = channels(getComputedStyle(at).backgroundColor);
        if (layer.alpha > 0) layers.push(layer);
        if (layer.alpha === 1) break;
    }
    return layers.reverse().reduce((bottom, layer) => over(layer, bottom), [255, 255, 255]);
}

function luminance(rgb) {
    const [r, g, b] = rgb.map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const poor = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === "" || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest(":disabled, [aria-disabled=true], .visually-hidden, script, noscript, option")) continue;
    const style = getComputedStyle(element);
    const size_px = parseFloat(style.fontSize);
    const isLarge = size_px >= 24 || (size_px >= 18.66 && Number(style.fontWeight) >= 700);
    const back = behind(element);
    const colour = over(channels(style.color), back);
    const [light, dark] = [luminance(colour), luminance(back)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio >= (isLarge ? 3 : 4.5)) continue;
    poor.push({ text: node.data.trim().slice(0, 40), ratio, colour: style.color, behind: back });
}
return poor;
