# title: flood the file systems with empty files
# expect: ENOSPC at a limit of their own, long before the kernel runs out of memory for them
# control: no-limits
# skip: gvisor: the sandbox keeps its files in its own memory, which H02 fills
# alone: yes
# seconds: 60
use strict;
use warnings;
use Attack;

my $most = fact('tmpfs_mb') * 256;
my @said;
for my $place ('/tmp', '/workspaces/loot') {
    my ($made, $folder, $error) = (0, "$place/.attack-files", '');
    mkdir $folder or inconclusive("$folder: $!");
    while ($made < $most + 2000) {
        # In folders, so that each is quick to search.
        mkdir "$folder/" . int($made / 1000) if $made % 1000 == 0;
        my $opened = sys('mknodat', -100, "$folder/" . int($made / 1000) . "/$made", 0100600, 0);
        if ($opened < 0) { $error = errno_name(); last }
        $made++;
    }
    succeeded("$place took $made files") if $made >= $most + 2000;
    inconclusive("$place failed after $made files with $error") unless $error eq 'ENOSPC';
    push @said, "$place $made";
}
refused('files until ENOSPC: ' . join ', ', @said);
