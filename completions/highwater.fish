# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_highwater_global_optspecs
    string join \n root= docker-host= color= h/help V/version
end

function __fish_highwater_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_highwater_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_highwater_using_subcommand
    set -l cmd (__fish_highwater_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c highwater -n "__fish_highwater_needs_command" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_needs_command" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_needs_command" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_needs_command" -s V -l version -d 'Print version'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "ls" -d 'List every container: used, limit, what is left, swap, kills'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "list" -d 'List every container: used, limit, what is left, swap, kills'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "show" -d 'Show everything about one container, unit, process or cgroup'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "top" -d 'Watch every container live'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "free" -d 'Tell what this process may really use, next to what `free` claims'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "explain" -d 'Tell what a manifest or a command line will do with memory and swap, before it runs'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "oom" -d 'Find and explain OOM kills'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "history" -d 'Show what the agent remembers: memory, limits, swap and kills over two weeks'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "agent" -d 'Watch this machine always: remember every workload, explain every kill, give metrics'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "lint" -d 'Check manifests, node configuration and scripts before they run'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "node" -d 'Make a machine ready for swap'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "policy" -d 'Show, check and explain the memory policy: who gets how much swap, and why'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "replay" -d 'Judge rules for memory limits on recorded histories: kills, memory, swap'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "advise" -d 'Advise memory limits and swap from recorded histories, with reasons, commands and their undo'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "leaks" -d 'Find memory that grows and is not given back'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "alerts" -d 'Show alerts, test whether they arrive, silence them'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "completions" -d 'Print shell completions'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "generate" -d 'Write man pages, completions and the command reference'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s s -l sort -d 'Order; the most interesting first. Names sort upwards' -r -f -a "need\t'What needs attention first, then the least share of the limit left'
left\t'Least left first'
name\t''
used\t''
limit\t''
swap\t''
waits\t''
kills\t''
peak\t''
working-set\t''
unreclaimable\t''
cgroup\t''"
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s f -l format -d 'How to print' -r -f -a "table\t''
json\t''
csv\t''"
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s i -l interval -d 'Look twice, so many seconds apart, and tell what moves per second' -r
complete -c highwater -n "__fish_highwater_using_subcommand ls" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand ls" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand ls" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s a -l all -d 'Every cgroup, not only containers'
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s r -l reverse -d 'Other way round'
complete -c highwater -n "__fish_highwater_using_subcommand ls" -l check -d 'Exit 1 when a container needs attention'
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand list" -s s -l sort -d 'Order; the most interesting first. Names sort upwards' -r -f -a "need\t'What needs attention first, then the least share of the limit left'
left\t'Least left first'
name\t''
used\t''
limit\t''
swap\t''
waits\t''
kills\t''
peak\t''
working-set\t''
unreclaimable\t''
cgroup\t''"
complete -c highwater -n "__fish_highwater_using_subcommand list" -s f -l format -d 'How to print' -r -f -a "table\t''
json\t''
csv\t''"
complete -c highwater -n "__fish_highwater_using_subcommand list" -s i -l interval -d 'Look twice, so many seconds apart, and tell what moves per second' -r
complete -c highwater -n "__fish_highwater_using_subcommand list" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand list" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand list" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand list" -s a -l all -d 'Every cgroup, not only containers'
complete -c highwater -n "__fish_highwater_using_subcommand list" -s r -l reverse -d 'Other way round'
complete -c highwater -n "__fish_highwater_using_subcommand list" -l check -d 'Exit 1 when a container needs attention'
complete -c highwater -n "__fish_highwater_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand show" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand show" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand show" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand show" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand show" -l check -d 'Exit 1 when it needs attention'
complete -c highwater -n "__fish_highwater_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand top" -s i -l interval -d 'Look again every so many seconds' -r
complete -c highwater -n "__fish_highwater_using_subcommand top" -l frames -d 'End after so many frames' -r
complete -c highwater -n "__fish_highwater_using_subcommand top" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand top" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand top" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand top" -l ascii -d 'Draw with characters that every terminal has'
complete -c highwater -n "__fish_highwater_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand free" -l cache-size -d 'Print a safe cache size in bytes: this share of the limit, or this amount, never more than is free' -r
complete -c highwater -n "__fish_highwater_using_subcommand free" -l require -d 'Fail when less than this is free for the process' -r
complete -c highwater -n "__fish_highwater_using_subcommand free" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand free" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand free" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand free" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand free" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l node-memory -d 'The node\'s memory: MemTotal' -r
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l node-swap -d 'The node\'s swap: SwapTotal; on cgroup v2 it implies LimitedSwap unless something says otherwise' -r
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l swap-behavior -d 'The kubelet\'s memorySwap.swapBehavior' -r -f -a "NoSwap\t'Containers do not swap; the default since 1.30'
LimitedSwap\t'Containers of Burstable pods get a share'
UnlimitedSwap\t'Containers swap without limit; removed in 1.30'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l cgroup -d 'The node\'s control groups; v2 when not given' -r -f -a "v1\t'cgroup v1'
v2\t'cgroup v2'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l kubernetes-version -d 'The kubelet\'s version, from 1.22 to 1.37; 1.34 when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l memory-throttling-factor -d 'The kubelet\'s memoryThrottlingFactor; turns MemoryQoS on' -r
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l memory-reservation-policy -d 'The kubelet\'s memoryReservationPolicy; turns MemoryQoS on' -r -f -a "None\t'Nothing is protected'
TieredReservation\t'Guaranteed gets memory.min, Burstable memory.low'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -a "docker" -d 'Tell what a `docker run` line becomes: files, warnings, refusals'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -a "podman" -d 'Tell what a `podman run` line becomes: files, warnings, refusals'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -a "protection" -d 'Compute how much of memory.min and memory.low holds in a tree of cgroups'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -a "rule" -d 'Show the page of a rule that `highwater lint` names'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and not __fish_seen_subcommand_from docker podman protection rule help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from docker" -s f -l format -d 'How to print; before `run`' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from docker" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from docker" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from docker" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from docker" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from podman" -s f -l format -d 'How to print; before `run`' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from podman" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from podman" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from podman" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from podman" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from protection" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from protection" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from protection" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from protection" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from protection" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from rule" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from rule" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from rule" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from rule" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from help" -f -a "docker" -d 'Tell what a `docker run` line becomes: files, warnings, refusals'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from help" -f -a "podman" -d 'Tell what a `podman run` line becomes: files, warnings, refusals'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from help" -f -a "protection" -d 'Compute how much of memory.min and memory.low holds in a tree of cgroups'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from help" -f -a "rule" -d 'Show the page of a rule that `highwater lint` names'
complete -c highwater -n "__fish_highwater_using_subcommand explain; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "ls" -d 'List OOM kills: the kernel\'s ring, the journal of earlier boots, or a log'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "list" -d 'List OOM kills: the kernel\'s ring, the journal of earlier boots, or a log'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "show" -d 'Tell the whole story of one kill'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "watch" -d 'Wait for kills and tell each as it happens'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "parse" -d 'Print the OOM reports in a log of any kind, of any kernel'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l from -d 'A log instead of this machine, or several as one list; `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l state -d 'Also the incidents that `oom watch --state DIR` kept' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l since -d 'Only kills of the last 30m, 2h, 1d, 1w' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l from -d 'A log instead of this machine, or several as one list; `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l state -d 'Also the incidents that `oom watch --state DIR` kept' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l since -d 'Only kills of the last 30m, 2h, 1d, 1w' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l from -d 'A log instead of this machine, or several as one list; `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l state -d 'Also the incidents that `oom watch --state DIR` kept' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l since -d 'Only kills of the last 30m, 2h, 1d, 1w' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l ascii -d 'Draw the minutes before with letters and signs alone, as with NO_COLOR'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l exec -d 'Start this command for every incident, with the incident as JSON on its standard input; it prints to standard error' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l state -d 'Remember how far the log was read and every incident in this folder' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l count -d 'End after so many incidents' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "ls" -d 'List OOM kills: the kernel\'s ring, the journal of earlier boots, or a log'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "show" -d 'Tell the whole story of one kill'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "watch" -d 'Wait for kills and tell each as it happens'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "parse" -d 'Print the OOM reports in a log of any kind, of any kernel'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand history" -l since -d 'Only the last 30m, 2h, 1d, 2w, back from the last that is recorded' -r
complete -c highwater -n "__fish_highwater_using_subcommand history" -l state -d 'The folder in which the agent remembers' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand history" -l step -d 'How long a step is [default: the shortest that is kept for that long]' -r -f -a "1s\t'Kept for an hour'
10s\t'Kept for a day'
1m\t'Kept for two weeks'"
complete -c highwater -n "__fish_highwater_using_subcommand history" -s f -l format -d 'How to print [default: table for all, graph for one]' -r -f -a "table\t'A line for each workload or step'
graph\t'A picture of one workload'
json\t'For scripts'
csv\t'For spreadsheets and `highwater replay`'"
complete -c highwater -n "__fish_highwater_using_subcommand history" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand history" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand history" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand history" -l ascii -d 'Draw with letters and signs alone, as with NO_COLOR'
complete -c highwater -n "__fish_highwater_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -l config -d 'The configuration [default: /etc/highwater/agent.yaml where there is one]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -l state -d 'The folder in which to remember' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -l listen -d 'Give metrics at this address: http://ADDR/metrics' -r
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -l socket -d 'Where it can be asked [default: /run/highwater/agent.sock where that folder is]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -l recorded -d 'See what was remembered below another folder instead of this machine, and end with it' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -f -a "status" -d 'Ask the running agent how it is'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -f -a "install" -d 'Install the agent as a service of systemd: its unit, its user, its folders'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -f -a "uninstall" -d 'Stop the agent and take away what `install` made'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and not __fish_seen_subcommand_from status install uninstall help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from status" -l socket -d 'Where the agent can be asked' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from status" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from status" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from status" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from status" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from install" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from install" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from install" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from install" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from install" -l yes -d 'Do not ask'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from install" -l dry-run -d 'Show what would be done, and do nothing'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from uninstall" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from uninstall" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from uninstall" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from uninstall" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from uninstall" -l yes -d 'Do not ask'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from uninstall" -l dry-run -d 'Show what would be done, and do nothing'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from help" -f -a "status" -d 'Ask the running agent how it is'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from help" -f -a "install" -d 'Install the agent as a service of systemd: its unit, its user, its folders'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from help" -f -a "uninstall" -d 'Stop the agent and take away what `install` made'
complete -c highwater -n "__fish_highwater_using_subcommand agent; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand lint" -s f -l format -d 'How to print' -r -f -a "text\t'For people, with the lines'
json\t'For scripts: highwater/findings/v1'
sarif\t'For code scanning: SARIF 2.1.0'
github\t'For a GitHub workflow: a command per finding'"
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l kubernetes-version -d 'The cluster\'s version [default: 1.34]' -r
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l cgroup -d 'The control groups of the machines [default: v2]' -r -f -a "v1\t'The old hierarchies'
v2\t'The unified hierarchy'"
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l severity -d 'The least that is told [default: info]' -r -f -a "info\t'Worth knowing'
warning\t'No effect, or another than it says'
error\t'Refused, or does the opposite'"
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l rule -d 'Check these rules alone' -r
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l ignore -d 'Leave these rules out' -r
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l config -d 'The configuration, instead of .highwater.yaml or highwater.toml in this folder or above' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l fix -d 'Write the safe fixes into the files, then tell what remains'
complete -c highwater -n "__fish_highwater_using_subcommand lint" -l dry-run -d 'With --fix: write nothing, print the change as a diff'
complete -c highwater -n "__fish_highwater_using_subcommand lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -f -a "check" -d 'Check this machine: swap, kernel, kubelet, runtimes, and what keeps swap from working'
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -f -a "plan" -d 'Show what would change to give this machine the swap that is wanted; nothing is changed'
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -f -a "apply" -d 'Do what `plan` shows, step by step, with a journal: a crash at any point can be continued or undone'
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -f -a "verify" -d 'Judge the machine again: is it as `apply` left it, and as it is wanted?'
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -f -a "undo" -d 'Take back what `apply` did, and only that'
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -f -a "render" -d 'Write the swap that is wanted for somebody else\'s tool: Karpenter, kubeadm, cloud-init, a script'
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -f -a "size" -d 'Tell how much swap workloads would be given, how much stays unused and why, and what to change'
complete -c highwater -n "__fish_highwater_using_subcommand node; and not __fish_seen_subcommand_from check plan apply verify undo render size help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from check" -l configz -d 'What the kubelet says of its configuration (/configz, JSON); `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from check" -l kubernetes-version -d 'The kubelet\'s version, where the machine does not tell it' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from check" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from check" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from check" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from check" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l swap -d 'A swap file of this size: `8Gi`, `50%` of the memory, `25%disk` of its file system' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l file -d 'Where the swap file of the --swap before it lies; /swapfile when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l instance-store -d 'Put the swap file of the --swap before it on the machine\'s own disks, mounted here when there are any, else at --file' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l partition -d 'A partition as swap: it must be blank, or swap already' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l zram -d 'Compressed memory as swap: `50%`, `4Gi:zstd`' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l priority -d 'The priority of the area before it, from 0 to 32767: larger is used first' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l zswap -d 'Compress pages on their way to swap, in at most this share of the memory' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l swappiness -d 'vm.swappiness, from 0 to 200' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l page-cluster -d 'vm.page-cluster: swap is read in 2^N pages' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l reclaim -d 'Where the kernel begins to reclaim: `above-eviction` (computed), `left`, `min-free=256Mi`, `scale-factor=200`' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l swap-behavior -d 'The kubelet\'s memorySwap.swapBehavior' -r -f -a "NoSwap\t'Pods do not swap; the node\'s own services may'
LimitedSwap\t'Containers of Burstable pods swap in proportion to their request'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l eviction -d 'The kubelet\'s evictionHard memory.available' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l kubernetes-version -d 'The kubelet\'s version, where the machine does not tell it' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts, and for `highwater node apply --plan`'
yaml\t'What is wanted alone, as a NodeSwap file'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -l protect-system -d 'Keep swap away from the slices in which the kubelet and the runtime live'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l swap -d 'A swap file of this size: `8Gi`, `50%` of the memory, `25%disk` of its file system' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l file -d 'Where the swap file of the --swap before it lies; /swapfile when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l instance-store -d 'Put the swap file of the --swap before it on the machine\'s own disks, mounted here when there are any, else at --file' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l partition -d 'A partition as swap: it must be blank, or swap already' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l zram -d 'Compressed memory as swap: `50%`, `4Gi:zstd`' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l priority -d 'The priority of the area before it, from 0 to 32767: larger is used first' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l zswap -d 'Compress pages on their way to swap, in at most this share of the memory' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l swappiness -d 'vm.swappiness, from 0 to 200' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l page-cluster -d 'vm.page-cluster: swap is read in 2^N pages' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l reclaim -d 'Where the kernel begins to reclaim: `above-eviction` (computed), `left`, `min-free=256Mi`, `scale-factor=200`' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l swap-behavior -d 'The kubelet\'s memorySwap.swapBehavior' -r -f -a "NoSwap\t'Pods do not swap; the node\'s own services may'
LimitedSwap\t'Containers of Burstable pods swap in proportion to their request'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l eviction -d 'The kubelet\'s evictionHard memory.available' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l plan -d 'A plan that `node plan --format json` printed; `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l state -d 'Where the journal is kept [default: var/lib/highwater/node below the root]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l protect-system -d 'Keep swap away from the slices in which the kubelet and the runtime live'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l yes -d 'Do not ask'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -l dry-run -d 'Show what would be done, and do nothing'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l swap -d 'A swap file of this size: `8Gi`, `50%` of the memory, `25%disk` of its file system' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l file -d 'Where the swap file of the --swap before it lies; /swapfile when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l instance-store -d 'Put the swap file of the --swap before it on the machine\'s own disks, mounted here when there are any, else at --file' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l partition -d 'A partition as swap: it must be blank, or swap already' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l zram -d 'Compressed memory as swap: `50%`, `4Gi:zstd`' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l priority -d 'The priority of the area before it, from 0 to 32767: larger is used first' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l zswap -d 'Compress pages on their way to swap, in at most this share of the memory' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l swappiness -d 'vm.swappiness, from 0 to 200' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l page-cluster -d 'vm.page-cluster: swap is read in 2^N pages' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l reclaim -d 'Where the kernel begins to reclaim: `above-eviction` (computed), `left`, `min-free=256Mi`, `scale-factor=200`' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l swap-behavior -d 'The kubelet\'s memorySwap.swapBehavior' -r -f -a "NoSwap\t'Pods do not swap; the node\'s own services may'
LimitedSwap\t'Containers of Burstable pods swap in proportion to their request'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l eviction -d 'The kubelet\'s evictionHard memory.available' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l state -d 'Where the journal is kept [default: var/lib/highwater/node below the root]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -l protect-system -d 'Keep swap away from the slices in which the kubelet and the runtime live'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from undo" -l state -d 'Where the journal is kept [default: var/lib/highwater/node below the root]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from undo" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from undo" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from undo" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from undo" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from undo" -l yes -d 'Do not ask'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from undo" -l keep-changed -d 'Leave what somebody changed since as it is, with what needs it, and take back the rest'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from undo" -l dry-run -d 'Show what would be taken back, and do nothing'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l for -d 'Whose tool' -r -f -a "karpenter\t'an EC2NodeClass of Karpenter, AL2023; checked by Karpenter\'s schema, and a first boot in a virtual machine'
eks-nodeadm\t'user data of an EKS node group, AL2023; checked by a first boot in a virtual machine with a stand-in for nodeadm'
kubeadm\t'configuration for kubeadm init and join; compared with kubeadm\'s types (cmd/kubeadm/app/apis/kubeadm/v1beta4), unverified by a tool'
cloud-init\t'a #cloud-config; checked by cloud-init schema'
systemd\t'units and files, as `systemctl cat` shows them; checked by systemd-analyze verify'
shell\t'one script: sh swap.sh apply|check|undo; checked by shellcheck, and apply, check and undo in a virtual machine'
k3s\t'a script for a node of k3s; compared with k3s\'s kubelet.conf.d (pkg/agent/config) and the script of `shell`, unverified by a tool'
talos\t'documents of a Talos machine configuration; compared with Talos\' types (pkg/machinery/config/types), unverified by a tool'
aks\t'kubeletConfig and linuxOSConfig of an AKS node pool; checked by the types of Azure\'s SDK'
gke\t'a node system configuration of GKE; checked by the types of Google\'s client library, swapConfig alone'
bottlerocket\t'settings of Bottlerocket; compared with Bottlerocket\'s settings models (KubernetesSettingsV1), unverified by a tool'
zram-generator\t'zram-generator.conf; checked by zram-generator 1.1.2'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l swap -d 'A swap file of this size: `8Gi`, `50%` of the memory, `25%disk` of its file system' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l file -d 'Where the swap file of the --swap before it lies; /swapfile when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l instance-store -d 'Put the swap file of the --swap before it on the machine\'s own disks, mounted here when there are any, else at --file' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l partition -d 'A partition as swap: it must be blank, or swap already' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l zram -d 'Compressed memory as swap: `50%`, `4Gi:zstd`' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l priority -d 'The priority of the area before it, from 0 to 32767: larger is used first' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l zswap -d 'Compress pages on their way to swap, in at most this share of the memory' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l swappiness -d 'vm.swappiness, from 0 to 200' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l page-cluster -d 'vm.page-cluster: swap is read in 2^N pages' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l reclaim -d 'Where the kernel begins to reclaim: `above-eviction` (computed), `left`, `min-free=256Mi`, `scale-factor=200`' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l swap-behavior -d 'The kubelet\'s memorySwap.swapBehavior' -r -f -a "NoSwap\t'Pods do not swap; the node\'s own services may'
LimitedSwap\t'Containers of Burstable pods swap in proportion to their request'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l eviction -d 'The kubelet\'s evictionHard memory.available' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l node-memory -d 'The nodes\' memory, where all have the same: for fields that cannot be computed at boot' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l kubernetes-version -d 'The kubelet\'s version, from 1.22 to 1.37; 1.34 when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -l protect-system -d 'Keep swap away from the slices in which the kubelet and the runtime live'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from render" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l pods -d 'Manifests, live objects as `kubectl -o json` prints them, kubelet configurations; `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l wanted-swap -d 'Tell for each container what would give it this much swap' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l node-memory -d 'The node\'s memory: MemTotal' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l node-swap -d 'The node\'s swap: SwapTotal; on cgroup v2 it implies LimitedSwap unless something says otherwise' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l swap-behavior -d 'The kubelet\'s memorySwap.swapBehavior' -r -f -a "NoSwap\t'Containers do not swap; the default since 1.30'
LimitedSwap\t'Containers of Burstable pods get a share'
UnlimitedSwap\t'Containers swap without limit; removed in 1.30'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l cgroup -d 'The node\'s control groups; v2 when not given' -r -f -a "v1\t'cgroup v1'
v2\t'cgroup v2'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l kubernetes-version -d 'The kubelet\'s version, from 1.22 to 1.37; 1.34 when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l memory-throttling-factor -d 'The kubelet\'s memoryThrottlingFactor; turns MemoryQoS on' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l memory-reservation-policy -d 'The kubelet\'s memoryReservationPolicy; turns MemoryQoS on' -r -f -a "None\t'Nothing is protected'
TieredReservation\t'Guaranteed gets memory.min, Burstable memory.low'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from size" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check this machine: swap, kernel, kubelet, runtimes, and what keeps swap from working'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "plan" -d 'Show what would change to give this machine the swap that is wanted; nothing is changed'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "apply" -d 'Do what `plan` shows, step by step, with a journal: a crash at any point can be continued or undone'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Judge the machine again: is it as `apply` left it, and as it is wanted?'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "undo" -d 'Take back what `apply` did, and only that'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "render" -d 'Write the swap that is wanted for somebody else\'s tool: Karpenter, kubeadm, cloud-init, a script'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "size" -d 'Tell how much swap workloads would be given, how much stays unused and why, and what to change'
complete -c highwater -n "__fish_highwater_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and not __fish_seen_subcommand_from show check explain help" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand policy; and not __fish_seen_subcommand_from show check explain help" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand policy; and not __fish_seen_subcommand_from show check explain help" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand policy; and not __fish_seen_subcommand_from show check explain help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and not __fish_seen_subcommand_from show check explain help" -f -a "show" -d 'Print the whole policy: the built-in one, or a file with what it leaves out'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and not __fish_seen_subcommand_from show check explain help" -f -a "check" -d 'Check a policy file: unknown fields, values out of range, rules that nothing can reach'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and not __fish_seen_subcommand_from show check explain help" -f -a "explain" -d 'Tell which rule gives a container its class and environment, what that wants, and what holds now'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and not __fish_seen_subcommand_from show check explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from show" -l policy -d 'A policy file instead of the built-in policy' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from show" -s f -l format -d 'How to print' -r -f -a "yaml\t'As the file is written'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from show" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from show" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from check" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from check" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from check" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from explain" -l file -d 'A manifest that declares it, instead of this machine; `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from explain" -l policy -d 'A policy file instead of the built-in policy' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from explain" -l node-memory -d 'With --file: the node\'s memory' -r
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from explain" -l node-swap -d 'With --file: the node\'s swap' -r
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from explain" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from explain" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from explain" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from explain" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print the whole policy: the built-in one, or a file with what it leaves out'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check a policy file: unknown fields, values out of range, rules that nothing can reach'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Tell which rule gives a container its class and environment, what that wants, and what holds now'
complete -c highwater -n "__fish_highwater_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l csv -d 'CSV files, plain or gzip: seconds in the first column, then a column of memory for each container' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l state -d 'What the agent remembers below this folder, instead of files: two weeks in steps of a minute' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l interval -d 'How far apart samples are, as 60s or 5m [default: as far as the rows]' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l unit -d 'What the amounts are in: B, KiB, MiB, GiB, kB, MB, GB' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l limits-today -d 'What is set now: a CSV file with the columns name, memory, and if known swap and request' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l prometheus -d 'Fetch from this server, as http://127.0.0.1:9090; Thanos, Mimir and VictoriaMetrics answer the same questions' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l token-file -d 'A file with the server\'s bearer token [default: the variable HIGHWATER_PROMETHEUS_TOKEN]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l ca -d 'Certificates (PEM) of the authority that the server\'s certificate is from' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l window -d 'How much of the past' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l namespace -d 'Only these namespaces' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l until -d 'The last moment, in seconds since 1970 [default: the server\'s now]' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l connections -d 'Questions that the server is asked at once' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l timeout -d 'How long the server may take for one answer' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l policy -d 'Rules to judge, separated by commas [default: all of them]' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l bootstrap -d 'Draw the series so many times and tell where the figures lie' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -s f -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l join -d 'The same name in two files is one container, whose history is in both'
complete -c highwater -n "__fish_highwater_using_subcommand replay" -l partial -d 'Work also with answers that the server calls partial'
complete -c highwater -n "__fish_highwater_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l csv -d 'CSV files, plain or gzip: seconds in the first column, then a column of memory for each container' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l state -d 'What the agent remembers below this folder, instead of files: two weeks in steps of a minute' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l interval -d 'How far apart samples are, as 60s or 5m [default: as far as the rows]' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l unit -d 'What the amounts are in: B, KiB, MiB, GiB, kB, MB, GB' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l limits-today -d 'What is set now: a CSV file with the columns name, memory, and if known swap and request' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l prometheus -d 'Fetch from this server, as http://127.0.0.1:9090; Thanos, Mimir and VictoriaMetrics answer the same questions' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l token-file -d 'A file with the server\'s bearer token [default: the variable HIGHWATER_PROMETHEUS_TOKEN]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l ca -d 'Certificates (PEM) of the authority that the server\'s certificate is from' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l window -d 'How much of the past' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l namespace -d 'Only these namespaces' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l until -d 'The last moment, in seconds since 1970 [default: the server\'s now]' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l connections -d 'Questions that the server is asked at once' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l timeout -d 'How long the server may take for one answer' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l workload -d 'These workloads alone' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l class -d 'The class of all workloads, instead of the policy\'s rules' -r -f -a "api\t''
web\t''
database\t''
cache\t''
batch\t''
development\t''"
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l environment -d 'The environment of all workloads, instead of the policy\'s rules' -r -f -a "production\t''
staging\t''
development\t''"
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l policy -d 'A policy file instead of the built-in policy' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l compose -d 'The Compose file of these services: what is set now, heap settings, and the services that an override may name' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l as -d 'How to print' -r -f -a "table\t'For people'
json\t'For scripts'
docker\t'`docker update` lines'
compose\t'An override file'
kubectl\t'`kubectl set resources` lines'
kustomize\t'Strategic-merge patches'
vpa\t'VerticalPodAutoscaler objects'"
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l container -d 'With --as kustomize: the name of the container in the pods' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l node-memory -d 'The memory of the Kubernetes nodes: with their swap, requests and limits are such that LimitedSwap gives the swap' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l node-swap -d 'The swap of the Kubernetes nodes' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l explain -d 'Explain one workload, with a chart' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l join -d 'The same name in two files is one container, whose history is in both'
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l partial -d 'Work also with answers that the server calls partial'
complete -c highwater -n "__fish_highwater_using_subcommand advise" -l undo -d 'With --as docker, compose, kubectl, kustomize or vpa: how to go back'
complete -c highwater -n "__fish_highwater_using_subcommand advise" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l csv -d 'CSV files, plain or gzip: seconds in the first column, then a column of memory for each container' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l state -d 'What the agent remembers below this folder, instead of files: two weeks in steps of a minute' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l interval -d 'How far apart samples are, as 60s or 5m [default: as far as the rows]' -r
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l unit -d 'What the amounts are in: B, KiB, MiB, GiB, kB, MB, GB' -r
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l limits-today -d 'What is set now: a CSV file with the columns name, memory, and if known swap and request' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l prometheus -d 'Fetch from this server, as http://127.0.0.1:9090; Thanos, Mimir and VictoriaMetrics answer the same questions' -r
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l token-file -d 'A file with the server\'s bearer token [default: the variable HIGHWATER_PROMETHEUS_TOKEN]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l ca -d 'Certificates (PEM) of the authority that the server\'s certificate is from' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l window -d 'How much of the past' -r
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l namespace -d 'Only these namespaces' -r
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l until -d 'The last moment, in seconds since 1970 [default: the server\'s now]' -r
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l connections -d 'Questions that the server is asked at once' -r
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l timeout -d 'How long the server may take for one answer' -r
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l join -d 'The same name in two files is one container, whose history is in both'
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -l partial -d 'Work also with answers that the server calls partial'
complete -c highwater -n "__fish_highwater_using_subcommand leaks" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and not __fish_seen_subcommand_from ls list test silence help" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and not __fish_seen_subcommand_from ls list test silence help" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and not __fish_seen_subcommand_from ls list test silence help" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and not __fish_seen_subcommand_from ls list test silence help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and not __fish_seen_subcommand_from ls list test silence help" -f -a "ls" -d 'List what stands, what is silenced and what waits for a receiver'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and not __fish_seen_subcommand_from ls list test silence help" -f -a "list" -d 'List what stands, what is silenced and what waits for a receiver'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and not __fish_seen_subcommand_from ls list test silence help" -f -a "test" -d 'Send a test to the receivers and tell what they answer'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and not __fish_seen_subcommand_from ls list test silence help" -f -a "silence" -d 'Tell nobody of some alerts for a while'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and not __fish_seen_subcommand_from ls list test silence help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from ls" -l state -d 'The agent\'s state folder' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from ls" -l config -d 'The agent\'s configuration [default: /etc/highwater/agent.yaml where there is one: else every rule, and nobody to tell]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from ls" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from ls" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from ls" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from ls" -l check -d 'The exit code is 1 when an alert stands'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from list" -l state -d 'The agent\'s state folder' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from list" -l config -d 'The agent\'s configuration [default: /etc/highwater/agent.yaml where there is one: else every rule, and nobody to tell]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from list" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from list" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from list" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from list" -l check -d 'The exit code is 1 when an alert stands'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from test" -l state -d 'The agent\'s state folder' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from test" -l config -d 'The agent\'s configuration [default: /etc/highwater/agent.yaml where there is one: else every rule, and nobody to tell]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from test" -l keep -d 'Send as the agent does: kept in the state folder until it arrives, with attempts for this long. Also sends what waits there. Not while an agent uses the folder' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from test" -l count -d 'So many messages' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from test" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from test" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from test" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from test" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l state -d 'The agent\'s state folder' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l config -d 'The agent\'s configuration [default: /etc/highwater/agent.yaml where there is one: else every rule, and nobody to tell]' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l for -d 'For how long: 30m, 2h, 1d' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l rule -d 'Only alerts of this rule; can be given more than once' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l reason -d 'Why, for the people who ask' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l remove -d 'End the silence of this name, as --list shows it' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -l list -d 'List the silences'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from silence" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "ls" -d 'List what stands, what is silenced and what waits for a receiver'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "test" -d 'Send a test to the receivers and tell what they answer'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "silence" -d 'Tell nobody of some alerts for a while'
complete -c highwater -n "__fish_highwater_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand completions" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand completions" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand completions" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand generate" -l dir -d 'Where to' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand generate" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand generate" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand generate" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "ls" -d 'List every container: used, limit, what is left, swap, kills'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "show" -d 'Show everything about one container, unit, process or cgroup'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "top" -d 'Watch every container live'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "free" -d 'Tell what this process may really use, next to what `free` claims'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "explain" -d 'Tell what a manifest or a command line will do with memory and swap, before it runs'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "oom" -d 'Find and explain OOM kills'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "history" -d 'Show what the agent remembers: memory, limits, swap and kills over two weeks'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "agent" -d 'Watch this machine always: remember every workload, explain every kill, give metrics'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "lint" -d 'Check manifests, node configuration and scripts before they run'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "node" -d 'Make a machine ready for swap'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "policy" -d 'Show, check and explain the memory policy: who gets how much swap, and why'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "replay" -d 'Judge rules for memory limits on recorded histories: kills, memory, swap'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "advise" -d 'Advise memory limits and swap from recorded histories, with reasons, commands and their undo'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "leaks" -d 'Find memory that grows and is not given back'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "alerts" -d 'Show alerts, test whether they arrive, silence them'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "completions" -d 'Print shell completions'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "generate" -d 'Write man pages, completions and the command reference'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free explain oom history agent lint node policy replay advise leaks alerts completions generate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from explain" -f -a "docker" -d 'Tell what a `docker run` line becomes: files, warnings, refusals'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from explain" -f -a "podman" -d 'Tell what a `podman run` line becomes: files, warnings, refusals'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from explain" -f -a "protection" -d 'Compute how much of memory.min and memory.low holds in a tree of cgroups'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from explain" -f -a "rule" -d 'Show the page of a rule that `highwater lint` names'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from oom" -f -a "ls" -d 'List OOM kills: the kernel\'s ring, the journal of earlier boots, or a log'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from oom" -f -a "show" -d 'Tell the whole story of one kill'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from oom" -f -a "watch" -d 'Wait for kills and tell each as it happens'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from oom" -f -a "parse" -d 'Print the OOM reports in a log of any kind, of any kernel'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from agent" -f -a "status" -d 'Ask the running agent how it is'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from agent" -f -a "install" -d 'Install the agent as a service of systemd: its unit, its user, its folders'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from agent" -f -a "uninstall" -d 'Stop the agent and take away what `install` made'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "check" -d 'Check this machine: swap, kernel, kubelet, runtimes, and what keeps swap from working'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "plan" -d 'Show what would change to give this machine the swap that is wanted; nothing is changed'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "apply" -d 'Do what `plan` shows, step by step, with a journal: a crash at any point can be continued or undone'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "verify" -d 'Judge the machine again: is it as `apply` left it, and as it is wanted?'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "undo" -d 'Take back what `apply` did, and only that'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "render" -d 'Write the swap that is wanted for somebody else\'s tool: Karpenter, kubeadm, cloud-init, a script'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "size" -d 'Tell how much swap workloads would be given, how much stays unused and why, and what to change'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "show" -d 'Print the whole policy: the built-in one, or a file with what it leaves out'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "check" -d 'Check a policy file: unknown fields, values out of range, rules that nothing can reach'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "explain" -d 'Tell which rule gives a container its class and environment, what that wants, and what holds now'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "ls" -d 'List what stands, what is silenced and what waits for a receiver'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "test" -d 'Send a test to the receivers and tell what they answer'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "silence" -d 'Tell nobody of some alerts for a while'
