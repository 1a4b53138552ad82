// Adds lines and shows their sum while an order is written. The server computes the total that counts.

const MAX_ROWS = 100;
const form = document.getElementById("order_form");
const rows = form.querySelector("[data-rows]");
const template = form.querySelector("[data-lines] template");
const count = form.querySelector("[name=lines-TOTAL_FORMS]");
const total = form.querySelector("[data-total]");
const more = form.querySelector("[data-more]");

// Whole cents, so that no sum is off by rounding. Null for what is not an amount.
function cents(text) {
  const match = /^\s*(\d{1,10})(?:[.,](\d{1,2}))?\s*$/.exec(text);
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : null;
}

function sum() {
  let result = 0;
  for (const row of rows.querySelectorAll("[data-line]")) {
    const amount = cents(row.querySelector("[name$=unit_amount]").value);
    const quantity = Number(row.querySelector("[name$=quantity]").value);
    if (amount !== null && Number.isInteger(quantity) && quantity > 0) {
      result += amount * quantity;
    }
  }
  return result;
}

function show() {
  const value = sum();
  total.hidden = value === 0;
  total.textContent = `Total: € ${Math.floor(value / 100)}.${String(value % 100).padStart(2, "0")}`;
}

function addRow(event) {
  event.preventDefault();
  const number = Number(count.value);
  if (number >= MAX_ROWS) {
    return;
  }
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll("__prefix__", String(number));
  rows.append(holder.content);
  count.value = String(number + 1);
  rows.lastElementChild.querySelector("input").focus();
}

form.addEventListener("input", show);
more.addEventListener("click", addRow);
show();
