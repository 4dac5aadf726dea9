// The timeline of one request as rows. Pure.

import { exactMs, shortName } from './format.mjs';

/** Number of steps before those that the broker leaves out. */
const FIRST_STEPS = 20;

/**
 * Returns the rows of an account, in the order of time. A row has `label`, `from` and `to` in milliseconds, `note` (how it
 * ended, or an empty text), `stage` and `tone`.
 */
export function timelineRows(account) {
  const rows = [];
  let dispatches = 0;
  account.steps.forEach((step, i) => {
    if (i === FIRST_STEPS) {
      dispatches += omittedDispatches(account);
    }
    const last = rows[rows.length - 1];
    if (last && isSamePublication(last.step, step)) {
      last.note = `RabbitMQ: ${step.why} at ${exactMs(step.ms)}`;
      return;
    }
    if (last) {
      close(last, step);
    }
    if (step.stage === 'dispatched') {
      dispatches++;
    }
    rows.push({
      step,
      stage: step.stage,
      label: labelOf(step, dispatches, account),
      from: step.ms,
      to: step.ms,
      note: '',
      tone: toneOf(step, account),
    });
  });
  const open = rows[rows.length - 1];
  if (open && open.stage !== 'over') {
    open.to = Math.max(open.from, account.total_ms);
    open.note = join(open.note, account.state === 'forgotten' ? 'its end is unknown' : 'not over yet');
  }
  return rows.map(({ step, ...row }) => row);
}

/** Returns the number of dispatches that the broker has left out. */
function omittedDispatches({ steps, attempts, omitted_steps: omitted }) {
  const isDispatch = (step, i) => step.stage === 'dispatched' && (i === 0 || !isSamePublication(steps[i - 1], step));
  return omitted > 0 ? attempts - steps.filter(isDispatch).length : 0;
}

/** Returns the account of a request that was in flight and that the broker no longer knows: it may have ended in any way. */
export function forgotten(account) {
  return { ...account, state: 'forgotten', outcome: 'unknown', ran: 'maybe', ran_why: 'its broker no longer knows it' };
}

function isSamePublication(before, step) {
  return before.stage === 'dispatched' && step.stage === 'dispatched' && before.broker_req_id === step.broker_req_id;
}

function close(row, next) {
  row.to = next.ms;
  if (row.stage === 'dispatched') {
    const failed = next.stage !== 'running' && next.why !== 'answered';
    row.note = join(row.note, failed ? `ended: ${next.why}` : next.why);
    row.tone = failed ? 'bad' : row.tone;
  } else if (row.stage === 'running') {
    row.note = join(row.note, next.why === 'answered' ? 'the response came' : `ended: ${next.why}`);
    row.tone = next.why === 'answered' ? row.tone : 'bad';
  } else if (row.stage === 'waiting') {
    row.note = join(row.note, next.why.replace(/, to be settled$/, ''));
  }
}

function join(before, after) {
  return before && after ? `${before}; ${after}` : before || after || '';
}

function labelOf(step, dispatches, account) {
  const agent = step.upstream_agent ? shortName(step.upstream_agent) : '';
  switch (step.stage) {
    case 'received':
      return 'Received';
    case 'waiting':
      return 'Waited for a free agent';
    case 'settling':
      return agent ? `Reserved a slot of ${agent}` : 'Settled';
    case 'dispatched':
      return `Dispatched #${dispatches}${agent ? ` to ${agent}` : ''}`;
    case 'running':
      return `Acked, running${agent ? ` at ${agent}` : ''}`;
    case 'over':
      return endLabel(account);
    default:
      return step.stage;
  }
}

function endLabel(account) {
  if (account.outcome === 'answered') {
    return `Answered with ${account.status}`;
  }
  if (account.outcome === 'cancelled') {
    return 'Cancelled: the caller is gone';
  }
  if (account.outcome === 'lost') {
    return 'Lost by this broker';
  }
  return account.status > 0 ? `Answered with ${account.status} ${account.outcome}` : account.outcome;
}

function toneOf(step, account) {
  if (step.stage === 'over') {
    return account.outcome === 'answered' && account.status < 500 ? 'ok' : 'bad';
  }
  return step.stage === 'waiting' ? 'warn' : step.stage === 'running' ? 'accent' : 'rest';
}

/** Returns start and width of a row as parts of 1, so that also the shortest row is visible. */
export function place(row, totalMs, least = 0.006) {
  const total = Math.max(totalMs, row.to, 0.1);
  const width = Math.min(1, Math.max(least, (row.to - row.from) / total));
  return { start: Math.min(row.from / total, 1 - width), width };
}

/** Returns whether the request ran, as a sentence. */
export function ranSentence(account) {
  const verdicts = { yes: 'It ran', no: 'It did not run', maybe: 'It may have run', not_yet: 'It has not run yet' };
  const verdict = verdicts[account.ran] ?? String(account.ran);
  return account.ran_why ? `${verdict}: ${account.ran_why}.` : `${verdict}.`;
}
