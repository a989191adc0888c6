// Steps through the slots without loading the page: each link carries a digit per slot in
// data-marks (load class, plus 5 where scheduled trips are on it), which is its CSS class.
const form = document.querySelector("#slot-form");
if (form) {
  const links = [...document.querySelectorAll("#map path[data-marks]")];
  const select = form.elements.slot;
  const range = form.querySelector("input[type=range]");
  const table = document.querySelector("#slot-table");
  let pending = 0;

  function colour(slot) {
    for (const link of links) link.setAttribute("class", "c" + link.dataset.marks[slot]);
    select.value = range.value = slot;
    range.setAttribute("aria-valuetext", select.selectedOptions[0].textContent);
  }

  async function fetchTable(slot, ticket) {
    const address = new URL(location.href);
    address.searchParams.set("slot", slot);
    history.replaceState(null, "", address);
    for (const link of document.querySelectorAll("a.toggle")) {
      const target = new URL(link.href);
      target.searchParams.set("slot", slot);
      link.href = target;
    }
    const answer = await fetch("/roads" + address.search);
    const html = await answer.text();
    if (answer.ok && ticket === pending) table.innerHTML = html;
  }

  function show(slot) {
    colour(slot);
    const ticket = ++pending;
    setTimeout(() => ticket === pending && fetchTable(slot, ticket), 120);
  }

  range.hidden = false;
  form.querySelector("button").hidden = true;
  range.addEventListener("input", () => show(Number(range.value)));
  select.addEventListener("change", () => show(Number(select.value)));
}
const print = document.querySelector("#print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// A form whose answer is solved says so while it waits, and is sent once. The language switch of one
// that was refused sends it to be shown alone.
for (const form of document.querySelectorAll("form[data-solving]")) {
  const [button, told] = [form.querySelector("button"), form.querySelector(".solving")];
  form.addEventListener("submit", (event) => {
    const isSent = event.submitter?.name !== "shown";
    button.disabled = isSent;
    told.hidden = !isSent;
  });
  window.addEventListener("pageshow", () => {
    button.disabled = false;
    told.hidden = true;
  });
}
