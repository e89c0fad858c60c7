# title: The own kind of token, rightly signed, after its end.
# expect: It has ended and stays ended: 401 token-expired.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

forged_tokens('an expired token', facts()->{expired_token} // inconclusive('There is no expired token among the facts.'));
