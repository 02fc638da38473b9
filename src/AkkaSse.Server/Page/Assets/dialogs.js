// Questions before what cannot be taken back, and short forms: dialogs of the browser, which keep the focus and end with Escape.
import { $, make, say } from "/page/dom.js";

/**
 * Asks. fields: [{ name, label, tag ("input", "textarea"), type, value }]; act(values) does it and returns "" or why it could not.
 * The dialog stays open, and says why, until it is done or cancelled.
 */
export function question(title, text, button, fields, act) {
  const dialog = $("dialog");
  const inputs = fields.map(({ name, label, tag = "input", type, value = "" }) => {
    const input = make(tag, { id: `dialog-${name}`, autocomplete: "off", spellcheck: false });
    if (type) input.type = type;
    if (type !== "checkbox") input.value = value;
    const words = make("label", { htmlFor: input.id, text: label });
    return { name, input, line: type === "checkbox" ? make("p", { className: "check" }, input, words) : make("p", {}, words, input) };
  });
  const note = make("p", { className: "hint", role: "status", hidden: true });
  const cancel = make("button", { type: "button", text: "Cancel" });
  const confirm = make("button", { type: "submit", text: button });
  const form = make("form", { method: "dialog" }, make("h2", { id: "dialog-title", text: title }), make("p", { text }),
    ...inputs.map(i => i.line), note, make("div", { className: "buttons" }, confirm, cancel));
  cancel.addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async event => {
    event.preventDefault();
    confirm.disabled = true;
    const values = Object.fromEntries(inputs.map(({ name, input }) => [name, input.type === "checkbox" ? input.checked : input.value]));
    const why = await act(values);
    confirm.disabled = false;
    if (why) say(note, why, true);
    else dialog.close();
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}
