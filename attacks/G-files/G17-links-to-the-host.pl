# title: leave links to files of the host and of the container in the tree, for whoever reads the commit on the trusted side
# expect: the commit is refused, or has the links as text; nobody follows them
# control: honest
# alone: yes
# seconds: 20
use strict;
use warnings;
use Attack;

my $there = '/workspaces/loot/links';
mkdir $there or -d $there or inconclusive("$there: $!");
my $number = 0;
for (split(' ', fact('host_files')), '/etc/shadow', '/proc/self/environ', '/proc/1/environ', '/run/vexa/token/token', '/', '..', '../../../../../../etc/passwd', fact('data_folder') . '/keys', '.git/config', 'link-0') {
    symlink $_, "$there/link-" . $number++ or inconclusive("no link: $!");
}
# A folder that is a link, where the base has a folder.
mkdir "$there/folder";
symlink fact('data_folder'), "$there/folder/data";
succeeded("$number links are in the tree") if control();
refused("left $number links in the tree");
