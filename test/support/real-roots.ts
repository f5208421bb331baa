import type { Files } from './real-clone.ts';

export interface Root {
  /** Its output `value`; a new one replaces its only object. */
  value: string;
  /** Name of a project whose output `value` is appended to this one's: `a1 on n1`. */
  reads?: string;
  /** The local-exec ends badly, after it said what it did. */
  fails?: boolean;
  /** Shell that the apply runs too. */
  also?: string;
  /** More configuration. */
  more?: string;
}

/**
 * A small root: applying it appends `+ NAME VALUE` to `log`, destroying it `- NAME VALUE`. What stands in the
 * log was really done, in that order.
 */
export function root(log: string, name: string, options: Root): Files {
  const { value, reads, fails = false, also = '', more = '' } = options;
  const full = reads ? `${value} on \${local.${reads}}` : value;
  return {
    [`${name}/main.tf`]: `${reads ? readerOf(reads) : ''}
locals {
  value = "${full}"
}

resource "terraform_data" "it" {
  input            = { value = local.value, log = "${log}" }
  triggers_replace = local.value

  provisioner "local-exec" {
    command = <<-EOT
      echo '+ ${name} '"$VALUE" >> '${log}'
      ${also}
      ${fails ? 'echo it fails on purpose >&2; exit 3' : 'true'}
    EOT
    environment = { VALUE = local.value }
  }

  provisioner "local-exec" {
    when    = destroy
    command = "echo '- ${name} \${self.input.value}' >> '\${self.input.log}'"
  }
}

output "value" {
  value = local.value
}
${more}`,
  };
}

function readerOf(project: string): string {
  return `variable "cairn_state" {
  type    = any
  default = {}
}

data "terraform_remote_state" "${project}" {
  backend = var.cairn_state.${project}.backend
  config  = var.cairn_state.${project}.config
}

locals {
  ${project} = try(data.terraform_remote_state.${project}.outputs.value, "nothing")
}
`;
}

/** `cairn.yaml` of one environment `prod` on main, approved by alice; `rest` goes to the environment. */
export function config(rest = '', more = ''): Files {
  return {
    'cairn.yaml': `environments:
  prod:
    branch: main
    rollback: automatic
${rest.replace(/^(?=.)/gm, '    ')}
${more}`,
  };
}
