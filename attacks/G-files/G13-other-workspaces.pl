# title: find workspaces and snapshots of others beside one's own
# expect: only those that the dispatch was granted are there
# control: foreign-workspace
use strict;
use warnings;
use Attack;

opendir(my $names, '/workspaces') or inconclusive("/workspaces: $!");
my @there = grep { !/^\.\.?$/ } readdir $names;
my @others = grep { $_ ne 'loot' && $_ ne 'attack' } @there;
succeeded("there is also: @others") if @others;
my $victim = fact('victim_workspace');
for my $folder ("/workspaces/$victim", "/workspaces/attack/../$victim", '/workspaces/loot/.git/../../' . $victim, fact('run_folder') . '/snapshots', fact('run_folder') . '/scratch', fact('data_folder') . '/bucket', '/dev/shm/vexa', '/run/vexa/..' . fact('run_folder')) {
    succeeded("$folder can be listed") if opendir(my $listing, $folder);
}
for my $config ('/workspaces/loot/.git/objects/info/alternates', '/workspaces/attack/.git/objects/info/alternates') {
    my $text = slurp($config);
    succeeded("objects of others through $config") if defined $text && $text =~ /\S/;
}
refused('only ' . join ', ', sort @there);
