// What stands in for container images: a map from the image's name to a command of this machine.

/** What an image would say: its ENTRYPOINT, CMD, ENV and WORKDIR, and folders of this machine it contains. */
export interface Image {
  readonly entrypoint: readonly string[];
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingFolder?: string;
  /** Read-only folders or files: path in the container -> path on this machine. */
  readonly contents?: Readonly<Record<string, string>>;
}

/** Images by exact name, as Pods write it. */
export type ImageMap = Readonly<Record<string, Image>>;
