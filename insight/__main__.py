from insight.serve import main

main()
