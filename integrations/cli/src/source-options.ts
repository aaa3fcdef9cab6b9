// The options that say how sources of policies are reached: the same for every command that may download.
import { Option, type Command } from 'commander';

/** The options as commander reads them. */
export interface SourceFlags {
  readonly sourcesPath?: string;
  readonly dockerConfigJsonPath?: string;
  readonly verificationConfigPath?: string;
}

/** Adds the options to a command that talks to sources. */
export function addSourceOptions(command: Command): Command {
  return command
    .addOption(new Option('--sources-path <file>', 'insecure sources, certificate authorities and proxies, as YAML (default: sources.yaml of the configuration folder)'))
    .addOption(new Option('--docker-config-json-path <folder>', "the folder of Docker's config.json with registry credentials (default: $DOCKER_CONFIG, ~/.docker)"));
}

/** Adds the options to a command that downloads policies. */
export function addDownloadOptions(command: Command): Command {
  return addSourceOptions(command).addOption(new Option('--verification-config-path <file>', 'the signatures that downloaded policies must have (cannot be checked yet: nothing is downloaded then)'));
}
