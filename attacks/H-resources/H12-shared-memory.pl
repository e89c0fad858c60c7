# title: take memory that belongs to no process: System V segments, unlinked files, memfds
# expect: it counts as the container's, and ends at its limit
# control: no-limits
# alone: yes
# seconds: 60
use strict;
use warnings;
use Attack;

my $limit = fact('memory_mb');
pipe(my $out, my $in);
my $exit = child(sub {
    if (open(my $score, '>', '/proc/self/oom_score_adj')) { syswrite($score, '1000'); close $score }
    my ($taken, $block, @held) = (0, 'x' x (16 * 1048576));
    while ($taken < $limit + 64) {
        my $kind = $taken / 16 % 2;
        if ($kind == 0) {
            my $id = shmget(0, 16 * 1048576, 01600);
            if (defined $id && shmwrite($id, $block, 0, 16 * 1048576)) { push @held, $id } else { $kind = 1 }
        }
        if ($kind == 1) {
            my $name = 'attack';
            my $fd = sys('memfd_create', $name, 0);
            open(my $file, '+>&=', $fd) or return 2;
            syswrite($file, $block) == length $block or return 3;
            push @held, $file;
        }
        syswrite($in, pack('L', $taken += 16));
    }
    return 0;
});
close $in;
my ($taken, $some) = (0, '');
while (sysread($out, $some, 4)) { $taken = unpack('L', $some) }
inconclusive('no process') unless defined $exit;
# Segments outlive whoever made them: what they hold has to be given back.
for my $id (0 .. 4096) { shmctl($id, 0, 0) }
succeeded("took $taken MiB, where $limit are the limit") if $exit == 0;
refused("ended at $taken of $limit MiB");
