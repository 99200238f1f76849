import sys,time
from pathlib import Path
from routing.instance import read,write
from routing.batch.solve import solve,Effort
from routing.batch.blocks import Work
t0=time.time()
inst=read(Path(sys.argv[1])); print("read",round(time.time()-t0,2))
E={"quick":Effort("quick",12,6,3,3e-4,(Work(12000,.02,2e-3,1000,60.),)),
"standard":Effort("standard",15,10,6,2e-4,(Work(14000,.05,1e-4,100000,60.),Work(14000,.3,1e-4,100000,60.)))}
eff=E[sys.argv[3] if len(sys.argv)>3 else "standard"]
t1=time.time(); c1=time.process_time()
def watch(p):
    print(f"{time.time()-t1:6.2f} cpu {time.process_time()-c1:6.2f}  {p.stage:14} cost {p.cost:.2f} bound {p.bound:.2f} gap {100*(p.cost-p.bound)/abs(p.cost):.3f}%",flush=True); return True
sol=solve(inst.batch,eff,0,watch)
print("columns",sol.columns,"total",round(time.time()-t0,2))
write(Path(sys.argv[2]),inst,sol)
