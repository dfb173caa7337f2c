"""Speed, memory and start-up of cxsim, measured beside a C program, SimPy alone and Ciw."""
