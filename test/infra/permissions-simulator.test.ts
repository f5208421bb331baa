import { expect, test } from 'vitest';
import { allowed, like, type Statement } from './permissions-simulator.ts';

const put: Statement = {
  Effect: 'Allow',
  Action: ['s3:PutObject'],
  Resource: ['arn:aws:s3:::b/jobs/*/out/*'],
  Condition: { Null: { 's3:if-none-match': 'false' } },
};
const ask = { action: 's3:PutObject', resource: 'arn:aws:s3:::b/jobs/1/out/x' };

test('allows what a statement says, with what it asks for', () => {
  const answers = [
    allowed([put], { ...ask, context: { 's3:if-none-match': '*' } }),
    allowed([put], ask),
    allowed([put], {
      ...ask,
      resource: 'arn:aws:s3:::b/jobs/1/order.json',
      context: { 's3:if-none-match': '*' },
    }),
    allowed([put], { ...ask, action: 's3:GetObject', context: { 's3:if-none-match': '*' } }),
    allowed([], ask),
  ];

  expect(answers).toEqual([true, false, false, false, false]);
});

test('a Deny that fits wins', () => {
  const deny: Statement = { Effect: 'Deny', Action: ['s3:*'], Resource: ['*'] };

  const answer = allowed([put, deny], { ...ask, context: { 's3:if-none-match': '*' } });

  expect(answer).toBe(false);
});

test('knows when a key may be absent', () => {
  const prefix = (operator: string): Statement => ({
    Effect: 'Allow',
    Action: ['s3:ListBucket'],
    Resource: ['arn:aws:s3:::b'],
    Condition: { [operator]: { 's3:prefix': 'a/*' } },
  });
  const listing = { action: 's3:ListBucket', resource: 'arn:aws:s3:::b' };

  const answers = ['StringLike', 'StringLikeIfExists'].flatMap((operator) => [
    allowed([prefix(operator)], listing),
    allowed([prefix(operator)], { ...listing, context: { 's3:prefix': 'a/b' } }),
    allowed([prefix(operator)], { ...listing, context: { 's3:prefix': 'c/' } }),
  ]);

  expect(answers).toEqual([false, true, false, true, true, false]);
});

test('every one of several values has to fit', () => {
  const items: Statement = {
    Effect: 'Allow',
    Action: ['dynamodb:BatchGetItem'],
    Resource: ['*'],
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['run#*'] } },
  };
  const read = { action: 'dynamodb:BatchGetItem', resource: 'arn:aws:dynamodb:::t' };

  const answers = [['run#1'], ['run#1', 'locks']].map((keys) =>
    allowed([items], { ...read, context: { 'dynamodb:LeadingKeys': keys } }),
  );

  expect(answers).toEqual([true, false]);
});

test('takes no operator for granted', () => {
  const odd: Statement = { ...put, Condition: { StringNotEquals: { a: 'b' } } };

  expect(() => allowed([odd], ask)).toThrow('StringNotEquals');
});

test('patterns are whole, with * and ? alone', () => {
  const answers = [like('a.*', 'a.b/c'), like('a.*', 'axb'), like('s-??', 's-ab'), like('s-??', 's-abc')];

  expect(answers).toEqual([true, false, true, false]);
});
