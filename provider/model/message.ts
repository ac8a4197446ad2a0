export type Severity = "info" | "warning" | "error";

/** What a run tells, once. */
export interface Message {
  severity: Severity;
  text: string;
  /** Of what is pending: why, as there. */
  because?: string;
}
