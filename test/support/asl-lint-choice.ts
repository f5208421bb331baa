import type { Rule } from '../../local/engine/choice.ts';
import type { State } from '../../local/engine/definition.ts';
import { leaves } from './asl-walk.ts';

export function choiceProblems(state: State): string[] {
  if (state.Type !== 'Choice') return [];
  const problems = leaves(state.Choices).flatMap(({ key, value }) => {
    if (key === 'StringMatches' && String(value).includes('\\'))
      return ['StringMatches takes * only, no escapes'];
    if (/^Timestamp.*(Equals|Than)$/.test(key) && !String(value).endsWith('Z')) {
      return [`${key}: the time '${value}' has to end in Z`];
    }
    return [];
  });
  if (state.Default === undefined) problems.push('wants a Default');
  return [...problems, ...unguarded(state.Choices!)];
}

/**
 * A variable that an IsPresent of this state asks for is optional: everywhere else in the state it is read
 * only after an IsPresent in the same And, or after a rule that took the case in which it is missing.
 */
function unguarded(rules: Rule[]): string[] {
  const optional = new Set(rules.flatMap(presenceChecks));
  const sure = new Set<string>();
  return rules.flatMap((rule) => {
    const found = readsBefore(rule, sure).filter((variable) => optional.has(variable));
    if (rule['IsPresent'] === false) sure.add(String(rule['Variable']));
    return found.map((variable) => `'${variable}' is optional: ask IsPresent before it is compared`);
  });
}

function presenceChecks(rule: Rule): string[] {
  const own = 'IsPresent' in rule ? [String(rule['Variable'])] : [];
  return [...own, ...inner(rule).flatMap(presenceChecks)];
}

/** Variables that the rule reads without being sure that they are there. */
function readsBefore(rule: Rule, sure: ReadonlySet<string>): string[] {
  if (rule['And'] !== undefined) {
    const known = new Set(sure);
    return (rule['And'] as Rule[]).flatMap((part) => {
      const found = readsBefore(part, known);
      if (part['IsPresent'] === true) known.add(String(part['Variable']));
      return found;
    });
  }
  if (rule['Variable'] === undefined) return inner(rule).flatMap((part) => readsBefore(part, sure));
  const variable = String(rule['Variable']);
  return 'IsPresent' in rule || sure.has(variable) ? [] : [variable];
}

function inner(rule: Rule): Rule[] {
  return [rule['And'], rule['Or'], rule['Not']].flat().filter((part) => part !== undefined) as Rule[];
}
