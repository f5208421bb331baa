import type { EnvironmentConfig, InfraConfig, RepositoryConfig } from './config.ts';

/** `file:line:column: a.b.c` of a place in the file. */
export type At = (keys: (string | number)[]) => string;

/** An environment, or what all ephemeral ones of a repository have, and where the file says so. */
export interface Placed {
  repository: string;
  environment: EnvironmentConfig;
  isEphemeral: boolean;
  keys: string[];
}

/** All of a repository that have roles and jobs of their own. */
export function placesOf({ environments, ephemeral }: RepositoryConfig): EnvironmentConfig[] {
  return ephemeral === null ? environments : [...environments, ephemeral];
}

export function placed({ repositories }: Pick<InfraConfig, 'repositories'>): Placed[] {
  return repositories.flatMap((repository) =>
    placesOf(repository).map((environment) => placedOf(repository, environment)),
  );
}

function placedOf({ name, ephemeral }: RepositoryConfig, environment: EnvironmentConfig): Placed {
  const isEphemeral = environment === ephemeral;
  const inner = isEphemeral ? ['ephemeral'] : ['environments', environment.name];
  return { repository: name, environment, isEphemeral, keys: ['repositories', name, ...inner] };
}

export function named({ repository, environment }: Placed): string {
  return `${repository} ${environment.name}`;
}
