# title: take more memory than the container has
# expect: the kernel ends what takes it, in the container alone
# control: no-limits
# alone: yes
# seconds: 40
use strict;
use warnings;
use Attack;

# In a child, so that somebody is left to tell. It names itself first to be killed, before the worker.
my $limit = fact('memory_mb');
pipe(my $out, my $in);
my $exit = child(sub {
    if (open(my $score, '>', '/proc/self/oom_score_adj')) { syswrite($score, '1000'); close $score }
    my (@blocks, $taken) = ();
    while (($taken += 16) < $limit + 64) {
        push @blocks, 'x' x (16 * 1048576);
        syswrite($in, pack('L', $taken));
    }
    return 0;
});
close $in;
my ($taken, $some) = (0, '');
while (sysread($out, $some, 4)) { $taken = unpack('L', $some) }
inconclusive('no process') unless defined $exit;
succeeded("took $taken MiB, where $limit are the limit") if $exit == 0;
inconclusive("it ended with $exit at $taken MiB") unless $exit == -9 || $exit == 1 || $exit == 12;
refused("ended at $taken of $limit MiB");
