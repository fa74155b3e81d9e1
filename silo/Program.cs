using OtelOrleans.Silo.Commands;

return await CommandLine.RunAsync(args);
