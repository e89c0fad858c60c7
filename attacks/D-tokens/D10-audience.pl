# title: A token that was minted for the runtime is shown at the door.
# expect: One token, one boundary: 401 token-audience.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

forged_tokens('a token for the runtime', facts()->{runtime_token} // inconclusive('There is no runtime token among the facts.'));
