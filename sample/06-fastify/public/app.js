const element = (id) => document.getElementById(id);

const status = element('status');
const meals = element('meals');
const problem = element('problem');
const again = element('again');

/** The current connection. */
let socket;

again.addEventListener('click', connect);
element('ask').addEventListener('click', () => void ask());

connect();

function connect() {
  socket = new WebSocket(new URL('poll', location.href.replace('http', 'ws')));
  showState('connecting', 'Connecting…');
  problem.textContent = '';
  socket.addEventListener('open', () => showState('connected', 'Live'));
  socket.addEventListener('message', ({ data }) => {
    const view = JSON.parse(data);
    showMeals(view);
    showAnswer('socket', view);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    showState('disconnected', 'Not connected');
    problem.textContent = ['Closed:', code, reason].filter(Boolean).join(' ');
  });
}

async function ask() {
  try {
    const answer = await fetch('poll');
    showAnswer('http', await answer.json());
  } catch (error) {
    problem.textContent = `No answer: ${error.message}`;
  }
}

function showState(state, text) {
  status.dataset.state = state;
  status.textContent = text;
  again.hidden = state !== 'disconnected';
  for (const button of meals.children) button.disabled = state !== 'connected';
}

/** Reuses the buttons, so the focused one keeps its focus. */
function showMeals({ mine, votes }) {
  const total = Object.values(votes).reduce((sum, count) => sum + count, 0);
  element('total').textContent = total === 0 ? 'No votes yet' : inVotes(total);
  for (const [meal, count] of Object.entries(votes)) {
    const button = element(`meal-${meal}`) ?? addMeal(meal);
    button.disabled = false;
    button.setAttribute('aria-pressed', meal === mine);
    button.style.setProperty('--share', total === 0 ? 0 : count / total);
    button.lastElementChild.textContent = inVotes(count);
  }
}

function addMeal(meal) {
  const button = document.createElement('button');
  button.type = 'button';
  button.id = `meal-${meal}`;
  button.className = 'meal';
  button.append(span(meal), ' ', span(''));
  button.addEventListener('click', () => socket.send(meal));
  meals.append(button);
  return button;
}

function span(text) {
  const made = document.createElement('span');
  made.textContent = text;
  return made;
}

function inVotes(count) {
  return count === 1 ? '1 vote' : `${count} votes`;
}

function showAnswer(kind, { requestId, voter, ...poll }) {
  element(`${kind}-request`).textContent = requestId;
  element(`${kind}-voter`).textContent = voter;
  element(`${kind}-view`).textContent = JSON.stringify(poll, null, 2);
}
