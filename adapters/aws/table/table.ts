import type { AttributeDefinition, CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

/**
 * The one table. What it holds, by partition key and sort key:
 *
 *   run#<id>                            run             a run: its JSON, its number, how many events are merged
 *   run#<id>                            event#<seq>     an event of the run, and whether it was sent
 *   repositories                        <repository>    the number given last there, and the run that it was given to
 *   runs#<repository>                   <number>        the run of that number
 *   runs#<repository>#<env>#<workflow>  <number>        the same, for one environment and workflow
 *   runs#<repository>#pull#<pull>       <number>        the same, for one pull request
 *   locks                               <repository>#<env>
 *   approvals                           <repository>#<env>
 *   ephemerals#<repository>             names           names of its ephemeral environments, and a version
 *   ephemerals#<repository>             environment#<name>
 *   sent#<key>                          sent
 *   delivery#<id>                       delivery        with `expires`
 *
 * What a decision rests on (which runs there are, who holds a lock) is read from these items, consistently. The
 * one index only spares people who list active runs the reading of all that have ended.
 */
export const ACTIVE_INDEX = 'active';

/** Value of `active` while a run has not ended; the attribute is absent afterwards, and with it the index's item. */
export const ACTIVE = 'yes';

/** Attribute with the time, in epoch seconds, after which DynamoDB may delete the item. */
export const TTL_ATTRIBUTE = 'expires';

const text = (name: string): AttributeDefinition => ({ AttributeName: name, AttributeType: 'S' });

/** What the stacks deploy and what the tests create. */
export const tableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [text('pk'), text('sk'), text('active'), text('startedAt')],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: ACTIVE_INDEX,
      KeySchema: [
        { AttributeName: 'active', KeyType: 'HASH' },
        { AttributeName: 'startedAt', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
} satisfies Omit<CreateTableCommandInput, 'TableName'>;
