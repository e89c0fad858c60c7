using Vexa.Cli.Commands;

return await CommandTree.Create().Run(args);
