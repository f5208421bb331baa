import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type ClientOptions, settings, watched } from './settings.ts';

export function dynamodbClient(options: ClientOptions): DynamoDBClient {
  return watched(new DynamoDBClient(settings(options)), 'dynamodb', options);
}
