# title: open files without end
# expect: EMFILE at the container's limit, which cannot be raised
# control: no-limits
use strict;
use warnings;
use Attack;

my $limit = fact('descriptors');
my $more = pack('Q2', 1048576, 1048576);
my $raised = sys('prlimit64', 0, 7, $more, 0) == 0;
my ($opened, $error, @files) = (0, '');
while ($opened < $limit + 64) {
    open(my $file, '<', '/dev/null') or do { $error = errno_name(); last };
    push @files, $file;
    $opened++;
}
succeeded("$opened files at once, where $limit are the limit") if $opened > $limit;
succeeded('the limit was raised') if $raised;
inconclusive("$opened files, then $error") unless $error eq 'EMFILE';
refused("$opened files, then $error");
