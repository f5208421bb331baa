import { onTestFinished } from 'vitest';

/** A fresh, empty store for one test. `reopen` is the same store after the process was started again. */
interface Made<Store> {
  store: Store;
  reopen(): Promise<Store>;
  /** Ends what the store needs and removes what it left. */
  end(): Promise<void>;
}

export type Make<Store> = () => Promise<Made<Store>>;

/** Makes a store that ends with the test that asked for it. */
export async function use<Store>(make: Make<Store>): Promise<Made<Store>> {
  const made = await make();
  onTestFinished(() => made.end());
  return made;
}
