# title: be the last one that the kernel kills when the node runs out of memory
# expect: a score below that of an ordinary process is refused
# control: honest
# skip: gvisor: the score is that of the sandbox's own kernel; the host's is set on the sandbox
use strict;
use warnings;
use Attack;

my $write = sub {
    my ($value) = @_;
    open(my $file, '>', '/proc/self/oom_score_adj') or return 0;
    return defined syswrite($file, $value) ? 1 : 0;
};
if (control()) { $write->(1000) ? succeeded('it made itself the first') : inconclusive("1000: $!") }
for (-1, -500, -1000) { succeeded("it has the score $_ now") if $write->($_) && (slurp('/proc/self/oom_score_adj') || 0) < 0 }
refused('the score stays at ' . (slurp('/proc/self/oom_score_adj') || 'its own'));
