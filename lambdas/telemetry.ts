import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import type { Log } from '../core/log.ts';
import { type Dimensions, type MetricName, NAMESPACE, SERVICE } from './metrics.ts';

/** What a function says about itself: lines of JSON, and metrics among them. */
export interface Telemetry {
  log: Log;
  count<Name extends MetricName>(name: Name, dimensions: Dimensions<Name>, value?: number): void;
  /** Every line from now on carries these, and the invocation's id. */
  begin(context: Context, fields: Record<string, string>): void;
}

export function telemetryOf(name: string): Telemetry {
  const logger = new Logger({ serviceName: SERVICE, persistentKeys: { function: name } });
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName: SERVICE });
  return {
    log: (level, message, fields) => logger[level](message, fields),
    count(metric, dimensions, value = 1) {
      const single = metrics.singleMetric();
      single.addMetadata('function', name);
      single.addDimensions(dimensions);
      single.addMetric(metric, MetricUnit.Count, value);
    },
    begin(context, fields) {
      logger.resetKeys();
      logger.addContext(context);
      logger.appendKeys(fields);
    },
  };
}
