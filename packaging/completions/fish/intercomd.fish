# fish completion of intercomd. Made by python -m appliance.generate from the options in the code. Change those, not this.
complete -c intercomd -f
complete -c intercomd -s h -l help -d 'show this help message and exit'
complete -c intercomd -l config -r -F -d 'configuration file (default /etc/intercomd/intercomd.toml)'
complete -c intercomd -l state -r -F -d 'directory of the journal, recordings and token'
complete -c intercomd -l demo -d 'simulated panel and relay, real SIP'
complete -c intercomd -l check -d 'check the configuration and exit: status 1 if it has errors'
complete -c intercomd -l print-events -d 'print each event\'s JSON Schema and exit'
complete -c intercomd -l print-openapi -d 'print the HTTP interface\'s OpenAPI and exit'
complete -c intercomd -l print-config-schema -d 'print the configuration\'s JSON Schema'
complete -c intercomd -l record-inputs -r -F -d 'run, and record all inputs for --replay'
complete -c intercomd -l replay -r -F -d 'replay a recording: status 1 if a decision differs'
complete -c intercomd -l version -d 'show program\'s version number and exit'
